"""Formsets of the catalogue: the values of a group, and the photographs of a product."""

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import ngettext
from oscar.apps.dashboard.catalogue.formsets import (
    AttributeOptionFormSet as OscarAttributeOptionFormSet,
)
from oscar.apps.dashboard.catalogue.formsets import (
    ProductAttributesFormSet as OscarProductAttributesFormSet,
)
from oscar.apps.dashboard.catalogue.formsets import ProductImageFormSet as OscarProductImageFormSet
from oscar.core.loading import get_model

from commerce.catalogue.option_uses import (
    products_blurred_without,
    products_with_attribute,
    products_with_value,
    refusal_of_blurred,
)
from commerce.models import ProductPhoto


class AttributeOptionFormSet(OscarAttributeOptionFormSet):
    """Refuses to delete a value that products use: they would lose it without a word."""

    def clean(self) -> None:
        super().clean()
        refusals = []
        for form in self.initial_forms:
            if not self._should_delete_form(form):
                continue
            if count := products_with_value(form.instance.pk):
                text = ngettext(
                    "“%(value)s” cannot be deleted: %(count)d product uses it. Give it another value first.",
                    "“%(value)s” cannot be deleted: %(count)d products use it. Give them another value first.",
                    count,
                )
                refusals.append(text % {"value": form.initial["option"], "count": count})
        if refusals:
            raise forms.ValidationError(refusals)


class ProductAttributesFormSet(OscarProductAttributesFormSet):
    """Asks before an attribute is deleted with the values that products have for it.

    Refuses to delete an option without which variants could not be told apart.
    """

    #: The name of the box that confirms it. Its value names the attributes.
    CONFIRMATION = "removes_values"
    #: The keys of the attributes about which the page asks, with commas.
    asked = ""

    def clean(self) -> None:
        super().clean()
        gone = [form for form in self.initial_forms if self._should_delete_form(form)]
        if not gone:
            return
        keys = [form.instance.pk for form in gone]
        if titles := products_blurred_without(self.instance, keys):
            raise forms.ValidationError(refusal_of_blurred(titles))
        confirmed = self.data.get(self.CONFIRMATION, "").split(",")
        counts = {form: products_with_attribute(form.instance.pk) for form in gone}
        if all(not count or str(form.instance.pk) in confirmed for form, count in counts.items()):
            return
        self.asked = ",".join(str(form.instance.pk) for form, count in counts.items() if count)
        raise forms.ValidationError(
            [
                ngettext(
                    "“%(name)s” has a value for %(count)d product, which would be deleted too.",
                    "“%(name)s” has values for %(count)d products, which would be deleted too.",
                    count,
                )
                % {"name": form.initial["name"], "count": count}
                for form, count in counts.items()
                if count
            ]
        )


class ProductImageFormSet(OscarProductImageFormSet):
    """Offers the values of a product's variants for each of its photographs."""

    @cached_property
    def values(self) -> list[tuple[str, list[tuple[int, str]]]]:
        """The values that variants have, by option in order; one query."""
        if not self.instance.pk:
            return []
        rows = get_model("catalogue", "ProductAttributeValue").objects.filter(
            product__parent=self.instance, attribute__type="option", value_option__isnull=False
        )
        rows = rows.order_by(
            "attribute__variant_option__position", "attribute_id",
            "value_option__display__position", "value_option_id",
        )  # fmt: skip
        found: dict[str, dict[int, str]] = {}
        columns = ("attribute__name", "value_option_id", "value_option__option")
        for name, key, label in rows.values_list(*columns):
            found.setdefault(name, {})[key] = label
        return [(name, list(values.items())) for name, values in found.items()]

    @cached_property
    def noted(self) -> dict[int, list[tuple[int, str]]]:
        """The values noted of each photograph, ``{image key: [(value key, label)]}``; one query."""
        rows = ProductPhoto.options.through.objects.filter(
            productphoto__product_image__product=self.instance.pk or 0
        )
        columns = ("productphoto__product_image", "attributeoption", "attributeoption__option")
        found: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for image, key, label in rows.values_list(*columns):
            found[image].append((key, label))
        return found

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self.values:
            form.add_values(self.values, self.noted.get(form.instance.pk, []))
