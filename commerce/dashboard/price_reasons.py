"""Why a price is what it is, for staff: of a product's variants at a moment, and of an order's lines."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from oscar.core.loading import get_model

from commerce.clock import shop_now, shop_time
from commerce.dashboard.datetime_fields import LocalTimeInput
from commerce.dashboard.staff_views import StaffPage
from commerce.decorators import private_page
from commerce.permissions.table import may_open
from commerce.pricing.explained import Explanation, Step, explain, explain_line
from commerce.stock.selling import DETAILS
from commerce.taxes.rates import TAXES
from commerce.taxes.treatments import Destination

#: The points of the history that the page shows of each variant.
POINTS = 30
#: The staff page of each kind of rule.
PAGES = {
    "sale": "wagtailsnippets_commerce_saleprice:edit",
    "offer": "dashboard:offer-detail",
    "voucher": "dashboard:voucher-stats",
    "rates": "staff-tax-rates",
}


class WhenForm(forms.Form):
    """For which moment and country to explain prices; both may be left empty."""

    at = forms.DateTimeField(label=_("Moment"), required=False, widget=LocalTimeInput())
    country = forms.ModelChoiceField(
        get_model("address", "Country").objects.all(), label=_("Delivered to"), required=False
    )
    postcode = forms.CharField(label=_("Postcode"), required=False, max_length=12)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


def linked(steps: Iterable[Step], user: Any) -> list[dict[str, Any]]:
    """Steps with the pages of their rules that a user may open."""
    return [
        {
            "step": step,
            "links": [url for kind, key in step.rules if (url := _url_of(kind, key, user))],
        }
        for step in steps
    ]


def _url_of(kind: str, key: Any, user: Any) -> str:
    name = PAGES[kind]
    if not may_open(user, name, "GET"):
        return ""
    return reverse(name) if kind == "rates" else reverse(name, args=[key])


@private_page
class ProductPricesView(StaffPage, TemplateView):
    """Each stage of the prices of a product's variants, and their history."""

    template_name = "oscar/dashboard/prices/product.html"
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        Product = get_model("catalogue", "Product")
        product = get_object_or_404(Product, pk=kwargs["pk"])
        form = WhenForm(request.GET)
        is_valid = form.is_valid()
        given = form.cleaned_data if is_valid else {}
        at = given.get("at") or shop_now()
        country = given.get("country")
        destination = Destination(country.pk if country else "", given.get("postcode", ""))
        with shop_time(at):
            found = explain(self._variants(product), destination)
        context = self.get_context_data(
            product=product,
            form=form,
            at=at,
            explanations=[self._row(one) for one in found],
            **kwargs,
        )
        return self.render_to_response(context)

    def _variants(self, product: Any) -> Iterable[Any]:
        own = get_model("catalogue", "Product").objects.filter(pk=product.pk)
        rows = product.children.order_by("pk") if product.is_parent else own
        return rows.select_related(*DETAILS, *TAXES).prefetch_related("stockrecords")

    def _row(self, one: Explanation) -> dict[str, Any]:
        return {
            "of": one,
            "steps": linked(one.steps, self.request.user),
            "history": one.history[:POINTS],
        }


@private_page
class OrderPricesView(StaffPage, TemplateView):
    """Each stage of the prices of an order's lines, as they were when it was placed."""

    template_name = "oscar/dashboard/prices/order.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order = get_object_or_404(get_model("order", "Order"), number=kwargs["number"])
        lines = order.lines.select_related("pricing").order_by("pk")
        rows = [
            {"line": line, "steps": linked(explain_line(line), self.request.user)}
            for line in lines.prefetch_related("discounts__order_discount")
        ]
        return super().get_context_data(order=order, rows=rows, **kwargs)
