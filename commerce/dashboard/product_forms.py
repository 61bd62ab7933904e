"""The forms of the product editor: product, category, photograph, stock and price."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.apps.dashboard.catalogue.forms import CategoryForm as OscarCategoryForm
from oscar.apps.dashboard.catalogue.forms import OptionForm as OscarOptionForm
from oscar.apps.dashboard.catalogue.forms import (
    ProductAttributesForm as OscarProductAttributesForm,
)
from oscar.apps.dashboard.catalogue.forms import ProductClassForm as OscarProductClassForm
from oscar.apps.dashboard.catalogue.forms import ProductForm as OscarProductForm
from oscar.apps.dashboard.catalogue.forms import SetProductPriceForm as OscarSetProductPriceForm
from oscar.apps.dashboard.catalogue.forms import StockRecordForm as OscarStockRecordForm
from oscar.apps.partner.abstract_models import AbstractStockRecord
from oscar.core.loading import get_model

from commerce.catalogue.variant_editing import duplicate_of, options_of_class
from commerce.dashboard.datetime_fields import ExactTimes
from commerce.dashboard.decimal_fields import DecimalField, TypedDecimals
from commerce.images.uploads import photographs_only
from commerce.models import BundlePart, OptionPrice, ProductDetails, ProductTypeTax, TaxClass, User
from commerce.models.personal_options import MOST_CHARACTERS
from commerce.orders.reservations import lock_stock
from commerce.pricing.price_rules import MAX_PRICE, changed_price, refusal_of_price
from commerce.slugs import code_from, cut_slug


class DetailsForm(TypedDecimals, forms.ModelForm):
    """How the product is sold: measures, quantities, ordering without stock."""

    class Meta:
        model = ProductDetails
        exclude = ("product",)  # noqa: DJ006  every other column

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [("unknown", _("As the product type says")), ("true", _("Yes")), ("false", _("No"))]
        for field in self.fields.values():
            if isinstance(field, forms.NullBooleanField):
                field.widget.choices = words


class ProductForm(TypedDecimals, ExactTimes, OscarProductForm):
    """Saves times to the second; a boolean attribute may be left empty.

    A variant inherits empty attributes from its product. Oscar's checkbox is never empty: saving a
    variant's price would set every unticked attribute to No.
    """

    def __init__(self, product_class: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(product_class, *args, **kwargs)
        # The editor shows the fields of this form only, so it carries those of the details.
        pk = self.instance.pk
        row = ProductDetails.objects.filter(pk=pk).first() if pk else None
        self.details = DetailsForm(
            self.data if self.is_bound else None,
            instance=row or ProductDetails(product_id=pk),
            prefix="details",
        )
        for name, field in self.details.fields.items():
            self.fields[f"details-{name}"] = field
            self.initial[f"details-{name}"] = self.details.get_initial_for_field(field, name)

    def save(self, commit: bool = True) -> AbstractProduct:
        product = super().save(commit)
        given = [value for value in self.details.cleaned_data.values() if value not in (None, "")]
        if commit and (given or not self.details.instance._state.adding):
            self.details.instance.product = product
            self.details.save()
        return product

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, errors in self.details.errors.items():
            self.add_error(None if name == "__all__" else f"details-{name}", errors)
        parent = self.instance.parent
        if parent is not None:
            options = options_of_class(parent.get_product_class())
            chosen = {
                option.attribute.pk: cleaned.get(f"attr_{option.attribute.code}")
                for option in options
            }
            values = {key: value.pk if value else None for key, value in chosen.items()}
            if options and duplicate_of(parent, values, but=self.instance.pk):
                names = ", ".join(value.option for value in chosen.values() if value)
                text = _("This product has a variant with these values already: %(names)s.")
                raise forms.ValidationError(text % {"names": names or _("none")})
        return cleaned

    def get_attribute_field(self, attribute: Any) -> forms.Field:
        if attribute.type != attribute.BOOLEAN:
            return super().get_attribute_field(attribute)
        is_child = self.instance.parent_id is not None
        return forms.TypedChoiceField(
            label=attribute.name,
            required=attribute.required,
            choices=[
                ("", _("Same as the product") if is_child else _("Not set")),
                ("True", _("Yes")),
                ("False", _("No")),
            ],
            coerce=lambda text: text == "True",
            empty_value=None,
        )


class CategoryForm(OscarCategoryForm):
    """Checks the photograph of a category."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        photographs_only(self, "image")


class OptionForm(OscarOptionForm):
    """An option with its price and the length of its text."""

    price = DecimalField(
        label=_("Price of each, tax included"), max_digits=8, decimal_places=2, min_value=0,
        required=False,
    )  # fmt: skip
    max_length = forms.IntegerField(
        label=_("Most characters"), min_value=1, max_value=MOST_CHARACTERS, required=False
    )

    meaning = forms.ChoiceField(
        label=_("Used for"), choices=OptionPrice.Meaning.choices, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = OptionPrice.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        if row:
            self.fields["price"].initial = row.price
            self.fields["max_length"].initial = row.max_length
            self.fields["meaning"].initial = row.meaning

    def save(self, commit: bool = True) -> Any:
        option = super().save(commit)
        if commit:
            given = self.cleaned_data
            values = {"price": given["price"] or 0, "meaning": given["meaning"]}
            if self.cleaned_data["max_length"]:
                values["max_length"] = self.cleaned_data["max_length"]
            OptionPrice.objects.update_or_create(option=option, defaults=values)
        return option


class ProductClassForm(OscarProductClassForm):
    """A product type with its tax class. Oscar's options are personal: variants have others."""

    tax_class = forms.ModelChoiceField(
        TaxClass.objects.all(),
        label=_("Tax class"),
        required=False,
        empty_label=_("Standard rate"),
        help_text=_("Decides the VAT rate in each country, such as the reduced rate for books."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].label = _("Personal options")
        self.fields["options"].help_text = _(
            "What shoppers type or choose beside the buy button, such as an engraving. Variants, such as"
            " sizes, don’t come from here."
        )
        pk = self.instance.pk
        row = ProductTypeTax.objects.filter(pk=pk).first() if pk else None
        self.initial["tax_class"] = row and row.tax_class_id

    def clean_name(self) -> str:
        """Refuse the name of another type: lists could not tell them apart."""
        name = self.cleaned_data["name"].strip()
        others = get_model("catalogue", "ProductClass").objects.exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("Another product type has this name."))
        return name

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        product_class = super().save(commit)
        tax_class = self.cleaned_data["tax_class"]
        if tax_class is not None and commit:
            ProductTypeTax.objects.update_or_create(
                product_class=product_class, defaults={"tax_class": tax_class}
            )
        elif commit:
            for row in ProductTypeTax.objects.filter(product_class=product_class):
                row.delete()
        return product_class


class ProductAttributesForm(OscarProductAttributesForm):
    """Derives a missing code from the name in any script."""

    def clean_code(self) -> str:
        name = self.cleaned_data.get("name")
        return self.cleaned_data.get("code") or (cut_slug(code_from(name), 128) if name else "")


class StockRecordForm(TypedDecimals, OscarStockRecordForm):
    """Asks for the supplier only if there are several.

    Writes only changed fields: orders take stock while the form is open. A price of zero must be
    confirmed.
    """

    gives_away = forms.BooleanField(label=_("Yes, sell it for free"), required=False)
    #: Whether the page asks for a confirmation.
    asks_about_nothing = False

    class Meta(OscarStockRecordForm.Meta):
        error_messages = {NON_FIELD_ERRORS: {"unique_together": _("Another product has this SKU.")}}

    def __init__(self, product_class: Any, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(product_class, user, *args, **kwargs)
        partners = list(self.fields["partner"].queryset[:2])
        if len(partners) == 1:
            self.fields["partner"].initial = partners[0].pk
            self.fields["partner"].empty_label = None
        if "price" in self.fields:
            self.fields["price"].validators += [MinValueValidator(0), MaxValueValidator(MAX_PRICE)]
        if "num_in_stock" in self.fields and self.is_bundle:
            self.fields["num_in_stock"].disabled = True
            self.fields["num_in_stock"].help_text = _("Follows from the parts of the bundle.")
        elif "num_in_stock" in self.fields:
            # Submit the shown value, so that an outdated page doesn't undo orders.
            self.fields["num_in_stock"].show_hidden_initial = True

    @property
    def is_bundle(self) -> bool:
        """Whether the record's product is a bundle."""
        return BundlePart.objects.filter(bundle=self.instance.product_id).exists()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        is_new = "price" in self.changed_data or self.instance._state.adding
        if cleaned.get("price") == 0 and is_new:
            self.asks_about_nothing = True
            if refusal := refusal_of_price(
                Decimal(0), is_confirmed=cleaned.get("gives_away", False)
            ):
                self.add_error("price", refusal)
        return cleaned

    def save(self, commit: bool = True) -> AbstractStockRecord:
        """Save the changed fields to the current record. Locks it."""
        if not commit or self.instance._state.adding:
            return super().save(commit)
        with transaction.atomic():
            record = lock_stock([self.instance.pk])[self.instance.pk]
            changed = [name for name in self.changed_data if name in self._meta.fields]
            for name in changed:
                setattr(record, name, self.cleaned_data[name])
            if changed:
                record.save(update_fields=[*changed, "date_updated"])
        return record


class SetProductPriceForm(TypedDecimals, OscarSetProductPriceForm):
    """Prices of several products, with the same confirmations as the single form."""

    gives_away = forms.BooleanField(label=_("Yes, sell them for free"), required=False)
    #: The number of products that an error names.
    NAMED = 5

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["increase_by_amount"].help_text = _(
            "Is added to the price of each product: 2.00 turns 10.00 into 12.00, and -3.00 turns it "
            "into 7.00. No price falls below 0."
        )
        self.fields["increase_by_percentage"].help_text = _(
            "Raises the price of each product by a percentage: 10 turns 10.00 into 11.00, and -10 "
            "turns it into 9.00."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        refused: dict[str, list[str]] = {}
        for record in self._records(cleaned):
            price = self._price_of(record, cleaned)
            refusal = refusal_of_price(price, is_confirmed=cleaned.get("gives_away", False))
            if refusal:
                refused.setdefault(refusal, []).append(record.product.get_title())
        for refusal, titles in refused.items():
            more = "…" if len(titles) > self.NAMED else ""
            self.add_error(None, f"{refusal} ({', '.join(titles[: self.NAMED])}{more})")
        return cleaned

    def _records(self, cleaned: dict[str, Any]) -> QuerySet:
        """The stock records that the action would write."""
        selectable = self.fields["selected_products"].queryset
        chosen = {product.pk for product in cleaned.get("selected_products") or ()}
        for name, structure in (
            ("select_all_parents", "parent"),
            ("select_all_children", "child"),
            ("select_all_standalones", "standalone"),
        ):
            if cleaned.get(name):
                chosen.update(selectable.filter(structure=structure).values_list("pk", flat=True))
        records = get_model("partner", "StockRecord").objects.filter(
            product__in=chosen, partner__in=cleaned.get("partners") or ()
        )
        return records.select_related("product__parent")

    @staticmethod
    def _price_of(record: AbstractStockRecord, cleaned: dict[str, Any]) -> Decimal | None:
        own = cleaned.get(f"price_{record.product_id}")
        if own is not None:
            return own
        return changed_price(
            record.price,
            new=cleaned.get("new_price"),
            amount=cleaned.get("increase_by_amount"),
            percentage=cleaned.get("increase_by_percentage"),
        )
