"""The page of one of Oscar's attribute option groups."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from oscar.apps.dashboard.catalogue.views import (
    AttributeOptionGroupUpdateView as OscarAttributeOptionGroupUpdateView,
)


class AttributeOptionGroupUpdateView(OscarAttributeOptionGroupUpdateView):
    """Says at the top of the page what the values' section refuses."""

    def forms_invalid(self, form: forms.Form, attribute_option_formset: Any) -> HttpResponse:
        for refusal in attribute_option_formset.non_form_errors():
            messages.error(self.request, refusal)
        return super().forms_invalid(form, attribute_option_formset)
