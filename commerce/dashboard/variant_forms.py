"""The forms of a product's variants: the generator, and one row of the grid."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.apps.partner.abstract_models import AbstractStockRecord
from oscar.core.loading import get_model

from commerce.catalogue.variant_editing import DeclaredOption
from commerce.dashboard.decimal_fields import DecimalField
from commerce.images.photos import sync_photo
from commerce.images.uploads import photographs_only
from commerce.models import ImportedPicture
from commerce.orders.reservations import lock_stock
from commerce.pricing.price_rules import MAX_PRICE, refusal_of_price
from commerce.shop_settings.current import current_shop

MAX_STOCK = 1_000_000
TAKEN_SKU = _("Another product has this SKU.")
#: The columns of a stock record by the grid's fields.
RECORD_COLUMNS = {"sku": "partner_sku", "price": "price", "stock": "num_in_stock"}


class GeneratorForm(forms.Form):
    """The values from which variants are made, their price and stock."""

    price = DecimalField(
        label=_("Price including tax"), max_digits=12, decimal_places=2,
        min_value=Decimal("0.01"), max_value=MAX_PRICE,
    )  # fmt: skip
    stock = forms.IntegerField(
        label=_("In stock"), min_value=0, max_value=MAX_STOCK, initial=0, required=False
    )

    def __init__(self, options: Sequence[DeclaredOption], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options
        for option in options:
            self.fields[f"option-{option.attribute.pk}"] = forms.MultipleChoiceField(
                label=option.attribute.name,
                choices=[(str(value.pk), value.option) for value in option.values],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": _("Choose at least one value.")},
            )

    def chosen(self) -> dict[int, list[int]]:
        """The chosen values, ``{attribute key: option keys}``."""
        return {
            option.attribute.pk: [
                int(key) for key in self.cleaned_data[f"option-{option.attribute.pk}"]
            ]
            for option in self.options
        }


class VariantRowForm(forms.Form):
    """One variant in the grid. Only what was changed is written.

    Its fields submit the values that they showed, so that an outdated page does not undo orders and
    imports.
    """

    sku = forms.CharField(label=_("SKU"), max_length=64, show_hidden_initial=True)
    price = DecimalField(
        label=_("Price"), max_digits=12, decimal_places=2, min_value=0, required=False,
        show_hidden_initial=True,
    )  # fmt: skip
    stock = forms.IntegerField(
        label=_("In stock"), min_value=0, max_value=MAX_STOCK, required=False,
        show_hidden_initial=True,
    )  # fmt: skip
    photo = forms.ImageField(label=_("Photograph"), required=False)
    is_public = forms.BooleanField(label=_("Shown"), required=False, show_hidden_initial=True)

    def __init__(
        self,
        variant: AbstractProduct,
        record: AbstractStockRecord | None,
        *args: Any,
        gives_away: bool = False,
        **kwargs: Any,
    ) -> None:
        self.variant, self.record, self.gives_away = variant, record, gives_away
        initial = {
            "sku": record.partner_sku if record else variant.upc,
            "price": record.price if record else None,
            "stock": record.num_in_stock if record else 0,
            "is_public": variant.is_public,
        }
        super().__init__(*args, initial=initial, prefix=f"v{variant.pk}", **kwargs)
        photographs_only(self, "photo")
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label}: {variant.get_title()}"
            if name in ("price", "stock"):
                field.widget.attrs["class"] = "number"

    def clean_sku(self) -> str:
        sku = self.cleaned_data["sku"].strip()
        if "sku" in self.changed_data:
            products = get_model("catalogue", "Product").objects.exclude(pk=self.variant.pk)
            if products.filter(Q(upc=sku) | Q(stockrecords__partner_sku=sku)).exists():
                raise forms.ValidationError(TAKEN_SKU)
        return sku

    def clean_price(self) -> Decimal | None:
        price = self.cleaned_data["price"]
        if "price" in self.changed_data and (
            refusal := refusal_of_price(price, is_confirmed=self.gives_away)
        ):
            raise forms.ValidationError(refusal)
        return price

    @property
    def lost_its_price(self) -> bool:
        """Whether the saved row has no price any more."""
        return "price" in self.changed_data and self.cleaned_data["price"] is None

    def save_variant(self) -> None:
        """Write the photograph, in place of the first one, and whether the variant is shown."""
        if "is_public" in self.changed_data:
            self.variant.is_public = self.cleaned_data["is_public"]
            self.variant.save(update_fields=["is_public", "date_updated"])
        if "photo" in self.changed_data:
            self._replace_first_photo()

    def _replace_first_photo(self) -> None:
        images = self.variant.images
        image = images.order_by("display_order", "pk").first()
        if image is None:
            image = images.create(original=self.cleaned_data["photo"])
        else:
            image.original, image.caption = self.cleaned_data["photo"], ""
            image.save()
            ImportedPicture.objects.filter(product_image=image).delete()  # it is another picture
        sync_photo(image)

    def save_record(self, locked: Mapping[int, AbstractStockRecord]) -> None:
        """Write what was changed of the stock record, which is among the ``locked`` ones, if any."""
        values = {
            column: self.cleaned_data[name]
            for name, column in RECORD_COLUMNS.items()
            if name in self.changed_data
        }
        if not values:
            return
        if self.record is None:
            partner = get_model("partner", "Partner").objects.order_by("pk").first()
            self.variant.stockrecords.create(
                partner=partner or get_model("partner", "Partner").objects.create(),
                partner_sku=self.cleaned_data["sku"],
                price_currency=current_shop().currency,
                price=self.cleaned_data["price"],
                num_in_stock=self.cleaned_data["stock"] or 0,
            )
            return
        record = locked[self.record.pk]
        for column, value in values.items():
            setattr(record, column, value)
        record.save(update_fields=[*values, "date_updated"])


@transaction.atomic
def save_rows(rows: Sequence[VariantRowForm]) -> int:
    """Write what was changed in valid rows, all or nothing; returns how many rows were changed.

    Locks their stock records at once, in the order in which checkout locks them.
    """
    changed = [row for row in rows if row.has_changed()]
    for row in changed:
        row.save_variant()  # first: photographs take time, and checkout waits for locked stock
    records = [
        row.record.pk for row in changed
        if row.record and not RECORD_COLUMNS.keys().isdisjoint(row.changed_data)
    ]  # fmt: skip
    locked = lock_stock(records) if records else {}
    for row in changed:
        row.save_record(locked)
    return len(changed)
