"""Making and checking the variants of a product from the values of its options."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.index.refresh_queue import one_refresh, refresh_changed
from commerce.models import StockChange, VariantOption
from commerce.shop_settings.current import current_shop
from commerce.slugs import cut_slug, slug_of_name
from commerce.stock.history import record_stock_changes
from commerce.stock.low_stock import update_low_stock_alerts

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import (
        AbstractAttributeOption,
        AbstractProduct,
        AbstractProductAttribute,
        AbstractProductClass,
    )

#: Most variants of a product.
MAX_VARIANTS = 2000
#: Variants written in one transaction.
BATCH = 200


class VariantError(Exception):
    """Variants that cannot be made; the text says why."""


@dataclass(frozen=True)
class DeclaredOption:
    """An option of a product type, with the values that its variants may have, in order."""

    attribute: AbstractProductAttribute
    values: tuple[AbstractAttributeOption, ...]


@dataclass(frozen=True)
class Combination:
    """One value of each option; ``product_id`` is the variant that has them already, or None."""

    values: tuple[AbstractAttributeOption, ...]
    product_id: int | None = None

    @property
    def key(self) -> str:
        """Its values in a form field: "3-8"."""
        return "-".join(str(value.pk) for value in self.values)

    @property
    def name(self) -> str:
        """Its values in words: "Navy, M"."""
        return ", ".join(value.option for value in self.values)


def options_of_class(product_class: AbstractProductClass) -> list[DeclaredOption]:
    """The options of a product type in their order; two queries."""
    declared = list(
        VariantOption.objects.filter(attribute__product_class=product_class)
        .select_related("attribute")
        .order_by("position", "pk")
    )
    groups = {one.attribute.option_group_id for one in declared}
    values: dict[int, list[Any]] = defaultdict(list)
    rows = get_model("catalogue", "AttributeOption").objects.filter(group__in=groups)
    rows = rows.select_related("display")
    for value in sorted(rows, key=_place_of):
        values[value.group_id].append(value)
    return [
        DeclaredOption(one.attribute, tuple(values[one.attribute.option_group_id or 0]))
        for one in declared
    ]


def _place_of(value: Any) -> tuple[bool, int, int]:
    display = getattr(value, "display", None)
    return display is None, display.position if display else 0, value.pk


def values_of_variants(product: AbstractProduct) -> dict[int, dict[int, int]]:
    """``{variant key: {attribute key: option key}}`` of a product's variants; one query."""
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(
        product__parent=product, attribute__type="option", value_option__isnull=False
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, attribute, option in rows.values_list("product_id", "attribute_id", "value_option_id"):
        found[pk][attribute] = option
    return found


def combinations_of(
    product: AbstractProduct,
    options: Sequence[DeclaredOption],
    chosen: Mapping[int, Collection[int]],
) -> list[Combination]:
    """All combinations of the chosen values, ``{attribute key: option keys}``, in their order.

    Raises VariantError if an option has no value, or if there would be too many variants.
    """
    columns = []
    for option in options:
        values = [one for one in option.values if one.pk in chosen.get(option.attribute.pk, ())]
        if not values:
            text = _("Choose at least one value of “%(option)s”.")
            raise VariantError(text % {"option": option.attribute.name})
        columns.append(values)
    existing = values_of_variants(product)
    keys = [option.attribute.pk for option in options]
    known = {tuple(values.get(key) for key in keys): pk for pk, values in existing.items()}
    count = 1
    for column in columns:
        count *= len(column)
    if count > MAX_VARIANTS:
        text = _("These values make %(count)d variants; a product can have %(most)d.")
        raise VariantError(text % {"count": count, "most": MAX_VARIANTS})
    return [
        Combination(values, known.get(tuple(value.pk for value in values)))
        for values in itertools.product(*columns)
    ]


def create_variants(
    product: AbstractProduct,
    options: Sequence[DeclaredOption],
    combinations: Sequence[Combination],
    *,
    price: Decimal | None,
    stock: int,
) -> int:
    """Make variants with these values; returns how many. Those that exist are left out.

    Each has a SKU made of the product's and its values. Written in transactions of ``BATCH``, so that
    the shop is never locked for long; the listing is refreshed at the end. Raises VariantError if the
    product would have more than ``MAX_VARIANTS``.
    """
    wanted = [one for one in combinations if one.product_id is None]
    if product.children.count() + len(wanted) > MAX_VARIANTS:
        text = _("A product can have %(most)d variants.")
        raise VariantError(text % {"most": MAX_VARIANTS})
    _become_parent(product)
    made = 0
    with one_refresh():
        for start in range(0, len(wanted), BATCH):
            with transaction.atomic():
                batch = wanted[start : start + BATCH]
                made += _create_batch(product, options, batch, price=price, stock=stock)
                refresh_changed({product.pk})
    return made


def _become_parent(product: AbstractProduct) -> None:
    """Turn a product that has no variants yet into one that may have some.

    Raises VariantError if it is sold itself.
    """
    if product.is_parent:
        return
    if product.stockrecords.exists():
        raise VariantError(
            _("This product is sold itself. Remove its stock and price before it gets variants.")
        )
    product.structure = product.PARENT
    product.save()


def _create_batch(
    product: AbstractProduct,
    options: Sequence[DeclaredOption],
    batch: Sequence[Combination],
    *,
    price: Decimal | None,
    stock: int,
) -> int:
    Product = get_model("catalogue", "Product")
    # Serialises concurrent generators, so that no combination is made twice.
    Product.objects.select_for_update().get(pk=product.pk)
    keys = [option.attribute.pk for option in options]
    known = {
        tuple(values.get(key) for key in keys) for values in values_of_variants(product).values()
    }
    new = [one for one in batch if tuple(value.pk for value in one.values) not in known]
    skus = free_skus(product, [[value.option for value in one.values] for one in new])
    Product.objects.bulk_create(
        Product(
            structure=Product.CHILD,
            parent=product,
            upc=sku,
            title=f"{product.title}, {one.name}"[:255],
            slug=cut_slug(slug_of_name(f"{product.title} {one.name}"), 255),
        )
        for one, sku in zip(new, skus, strict=True)
    )
    children = dict(Product.objects.filter(upc__in=skus).values_list("upc", "pk"))
    get_model("catalogue", "ProductAttributeValue").objects.bulk_create(
        get_model("catalogue", "ProductAttributeValue")(
            product_id=children[sku], attribute=option.attribute, value_option=value
        )
        for one, sku in zip(new, skus, strict=True)
        for option, value in zip(options, one.values, strict=True)
    )
    _stock(children, price=price, stock=stock)
    return len(new)


def _stock(children: Mapping[str, int], *, price: Decimal | None, stock: int) -> None:
    StockRecord = get_model("partner", "StockRecord")
    partner, shop = get_model("partner", "Partner").objects.order_by("pk").first(), current_shop()
    if partner is None:
        partner = get_model("partner", "Partner").objects.create(name=shop.name)
    StockRecord.objects.bulk_create(
        StockRecord(
            product_id=pk,
            partner=partner,
            partner_sku=sku,
            price_currency=shop.currency,
            price=price,
            num_in_stock=stock,
            num_allocated=0,
        )
        for sku, pk in children.items()
    )
    records = list(StockRecord.objects.filter(product__in=literal_in(children.values())))
    for record in records:
        record.num_in_stock = None  # before there was none
    after = {record.pk: (stock, 0) for record in records}
    record_stock_changes(StockChange.Kind.CREATED, records, after)
    update_low_stock_alerts(list(after))


def free_skus(product: AbstractProduct, names: Iterable[Sequence[str]]) -> list[str]:
    """A SKU for each new variant: the product's own, or its title, and the values.

    They are upper case, at most 64 characters, and different from every existing one.
    """
    base = product.upc or slug_of_name(product.title).upper()
    wanted = [
        "-".join([base, *(slug_of_name(name).upper() for name in values)])[:58] for values in names
    ]
    Product, StockRecord = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    taken = set(Product.objects.filter(upc__startswith=base[:58]).values_list("upc", flat=True))
    rows = StockRecord.objects.filter(partner_sku__startswith=base[:58])
    taken |= set(rows.values_list("partner_sku", flat=True))
    skus = []
    for sku in wanted:
        candidate, number = sku, 1
        while candidate in taken:
            number += 1
            candidate = f"{sku}-{number}"
        taken.add(candidate)
        skus.append(candidate)
    return skus


def duplicate_of(
    parent: AbstractProduct, values: Mapping[int, int | None], *, but: int | None = None
) -> int | None:
    """The key of another variant with the same values, ``{attribute key: option key}``, or None.

    Only the declared options count; a product type without any has no duplicates.
    """
    options = options_of_class(parent.product_class)
    keys = [option.attribute.pk for option in options]
    if not keys:
        return None
    mine = tuple(values.get(key) for key in keys)
    for pk, others in values_of_variants(parent).items():
        if pk != but and tuple(others.get(key) for key in keys) == mine:
            return pk
    return None
