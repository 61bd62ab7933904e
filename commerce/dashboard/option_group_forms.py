"""The values of Oscar's attribute option groups: one that products use is not deleted."""

from django import forms
from django.utils.translation import ngettext
from oscar.apps.dashboard.catalogue.formsets import (
    AttributeOptionFormSet as OscarAttributeOptionFormSet,
)

from commerce.catalogue.option_uses import products_with_value


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
