"""Orders without an account: requesting a link, and the page it opens."""

from typing import Any

from allauth.core.ratelimit import consume
from django import forms
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views import generic

from commerce.decorators import private_page
from commerce.digital.summary import digital_goods_of
from commerce.documents.links import links_for_customer
from commerce.orders.guest_links import order_by_token
from commerce.orders.link_requests import digest_of, normal_number, send_order_link
from commerce.orders.order_summary import order_rows, steps_of
from commerce.orders.pipeline import example_number
from commerce.orders.shipments import parcels_of
from commerce.returns.returns import return_offer

SENT = _(
    "If we have an order with this number and email address, we’ve sent you a link to it. Check "
    "your email."
)
TOO_OLD = _("This link has expired or is incomplete. Request a new one here.")
TOO_MANY = _("Too many requests. Please try again in an hour.")


class FindOrderForm(forms.Form):
    """The number and email address of an order."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=format_lazy(
            _("You’ll find it in your confirmation email, for example {number}."),
            number=example_number(),
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    email = forms.EmailField(
        label=_("Email address you ordered with"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_number(self) -> str:
        return normal_number(self.cleaned_data["number"])


@private_page
class FindOrderView(generic.FormView):
    """Asks for number and address.

    A task looks up the order, so neither the response nor its time depends on whether it exists.
    """

    form_class = FindOrderForm
    template_name = "oscar/customer/find_order.html"
    success_url = reverse_lazy("find-order")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not consume(request, action="find_order"):
            form = self.get_form()
            form.add_error(None, TOO_MANY)
            return self.render_to_response(self.get_context_data(form=form), status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        digest = digest_of(form.cleaned_data["email"])
        send_order_link.enqueue(form.cleaned_data["number"], digest)
        messages.success(self.request, SENT)
        return super().form_valid(form)


def refuse_link(request: HttpRequest) -> HttpResponse:
    """Redirect an invalid link to the form that requests a new one."""
    messages.info(request, TOO_OLD)
    return redirect("find-order")


@private_page(referrer="no-referrer")
class GuestOrderView(generic.View):
    """An order for anyone with its mailed link; an order of an account requires signing in."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        order = order_by_token(token)
        if order is None:
            return refuse_link(request)
        if order.user_id:
            return redirect("customer:order", order_number=order.number)
        context = {
            "order": order,
            "row": order_rows([order])[0],
            "steps": steps_of(order),
            "parcels": parcels_of(order),
            "documents": links_for_customer(order, token=token),
            "returns": return_offer(order, token=token),
            "digital": digital_goods_of(order),
        }
        return render(request, "oscar/customer/anon_order.html", context)
