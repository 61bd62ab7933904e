"""Attribute texts of product pages, and their URLs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.index.listings import product_url
from commerce.options.option_sets import MISSING, OptionSet
from commerce.page_cache.memoise import memoise_many
from commerce.shop_settings.current import current_shop

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: Most names of variants after a text.
MAX_NAMES = 8


def product_page_url(product: AbstractProduct) -> str:
    """The URL that shows a product; for a variant, its parent's page with it selected."""
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    return f"{url}?variant={product.pk}" if product.parent_id else url


def attribute_rows(product_ids: Collection[int], *, without: Collection[int] = ()) -> list[Any]:
    """The attribute values of products, in attribute order, without some attributes by key.

    Three queries at most. With a join, MariaDB may start from the attributes and read all their values.
    """
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(
        product__in=literal_in(product_ids)
    )
    if without:
        rows = rows.exclude(attribute__in=without)
    rows = sorted(rows.order_by(), key=lambda row: row.attribute_id)
    attributes = _shared_rows("ProductAttribute", {row.attribute_id for row in rows})
    options = _shared_rows(
        "AttributeOption", {row.value_option_id for row in rows if row.value_option_id}
    )
    found = []
    for row in rows:
        is_whole = row.value_option_id is None or row.value_option_id in options
        if is_whole and row.attribute_id in attributes:  # else it was just deleted
            row.attribute = attributes[row.attribute_id]
            row.value_option = options.get(row.value_option_id)
            found.append(row)
    return found


def _shared_rows(model_name: str, keys: Collection[int]) -> dict[int, Any]:
    """Attributes or their options, ``{key: row}``, which all products share; do not change them."""

    def read(names: list[Any]) -> dict[Hashable, Any]:
        rows = get_model("catalogue", model_name).objects.order_by()
        found = rows.in_bulk([key for _model, key in names])
        return {name: found.get(name[1]) for name in names}

    rows = memoise_many([(model_name, key) for key in keys], read)
    return {name[1]: row for name, row in rows.items() if row is not None}


def brands_of(product_ids: Collection[int]) -> dict[int, str]:
    """The brands of the products and variants that have one in the shop's brand attribute.

    Two queries; none if the shop settings name no attribute.
    """
    code = current_shop().brand_attribute
    if not code:
        return {}
    attributes = get_model("catalogue", "ProductAttribute").objects
    keys = attributes.filter(code=code, type__in=("text", "option")).values_list("pk", flat=True)
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(
        product__in=literal_in(product_ids), attribute__in=literal_in(list(keys))
    )
    found = rows.values_list("product_id", "value_text", "value_option__option")
    brands = {pk: (text or label or "").strip() for pk, text, label in found}
    return {pk: brand for pk, brand in brands.items() if brand}


def values_of(rows: Iterable[Any]) -> dict[str, Any]:
    """One product's rows as ``{code: value}``."""
    return {row.attribute.code: row.value for row in rows}


def readable_value(text: str) -> str:
    """An attribute's text for display: Yes and No, 21 instead of 21.0."""
    words = {"True": _("Yes"), "False": _("No")}
    return words.get(text) or str(text).removesuffix(".0")


def join_names(names: Sequence[str]) -> str:
    """Names joined for a sentence: "Red, Blue and Green"."""
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def text_of_family(family: Any, code: str, by_code: Mapping[int, Mapping[str, str]]) -> str:
    """One attribute's text; if variants differ, each text with the variants it applies to.

    ``family`` is a buy box or ``Family``, ``by_code`` is ``{product_id: {code: text}}`` of its
    product and variants. A variant's own value overrides its product's, as everywhere in Oscar.
    Where the text follows from one option, that option's values are named: "200 g (S and M)".
    """
    options: OptionSet = family.options
    shared = by_code[family.product_id].get(code, "")
    texts = {pk: by_code[pk].get(code, shared) for pk in options.by_key}
    distinct = list(dict.fromkeys(texts.values())) or [shared]
    if len(distinct) == 1:
        return readable_value(distinct[0])
    names = _names_of_texts(options, texts)
    parts = []
    for text in filter(None, distinct):
        of_text = names.get(text) or []
        is_short = 0 < len(of_text) <= MAX_NAMES
        parts.append(readable_value(text) + (f" ({join_names(of_text)})" if is_short else ""))
    return "; ".join(parts)


def _names_of_texts(options: OptionSet, texts: Mapping[int, str]) -> dict[str, list[str]]:
    """``{text: names of its variants}``: the values of the option that decides it, or full names."""
    for place, option in enumerate(options.options):
        found: dict[int, set[str]] = defaultdict(set)
        for variant in options.variants:
            found[variant.values[place]].add(texts[variant.product_id])
        if MISSING not in found and all(len(of_value) == 1 for of_value in found.values()):
            names: dict[str, list[str]] = defaultdict(list)
            for number in sorted(found):
                names[next(iter(found[number]))].append(option.values[number].label)
            return names
    full: dict[str, list[str]] = defaultdict(list)
    for pk, text in texts.items():
        full[text].append(options.name_of(pk))
    return full


def key_facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, text) of the facts beside the buy box, which the shop's settings choose.

    ``values`` come from ``values_of``. Facts without a value are left out.
    """
    shop = current_shop()
    parts = [
        fact.text.replace("{value}", _readable(values[fact.attribute]))
        for fact in shop.facts
        if values.get(fact.attribute)
    ]
    return [(shop.facts_label or _("Size"), ", ".join(parts))] if parts else []


def _readable(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else readable_value(str(value))
