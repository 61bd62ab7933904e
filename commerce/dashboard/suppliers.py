"""Suppliers in the dashboard (Oscar's partners)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import ngettext
from oscar.apps.dashboard.partners import views as oscar


class PartnerDeleteView(oscar.PartnerDeleteView):
    """Refuses to delete a supplier with stock records, which would delete prices and stock."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        records = self.get_object().stockrecords.count()
        if not records:
            return super().dispatch(request, *args, **kwargs)
        refusal = ngettext(
            "This supplier has the stock and price of %(count)d product. Move it to another "
            "supplier, or delete it, first.",
            "This supplier has the stock and prices of %(count)d products. Move them to another "
            "supplier, or delete them, first.",
            records,
        )
        messages.error(request, refusal % {"count": records})
        return redirect("dashboard:partner-manage", pk=self.get_object().pk)
