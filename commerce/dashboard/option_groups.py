"""The page of one of Oscar's attribute option groups."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from oscar.apps.dashboard.catalogue.views import (
    AttributeOptionGroupDeleteView as OscarAttributeOptionGroupDeleteView,
)
from oscar.apps.dashboard.catalogue.views import (
    AttributeOptionGroupUpdateView as OscarAttributeOptionGroupUpdateView,
)


class AttributeOptionGroupUpdateView(OscarAttributeOptionGroupUpdateView):
    """Says at the top of the page what the values' section refuses."""

    def forms_invalid(self, form: forms.Form, attribute_option_formset: Any) -> HttpResponse:
        for refusal in attribute_option_formset.non_form_errors():
            messages.error(self.request, refusal)
        return super().forms_invalid(form, attribute_option_formset)


class AttributeOptionGroupDeleteView(OscarAttributeOptionGroupDeleteView):
    """Refuses to delete a group that attributes or options use, with all their values.

    Oscar's page only leaves out the button.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        group = self.get_object()
        if group.product_attributes.exists():
            return self.get(request, *args, **kwargs)  # says why
        if group.product_options.exists():
            messages.error(request, _("A personal option uses these values. Change it first."))
            return self.get(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)
