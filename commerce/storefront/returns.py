"""Requests a return, from the account or by an order's link."""

import uuid
from typing import Any

from allauth.core.ratelimit import consume
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import generic
from oscar.apps.order.abstract_models import AbstractOrder

from commerce.decorators import private_page
from commerce.exceptions import ReturnRefused
from commerce.orders.guest_links import order_by_token
from commerce.returns.returns import refusal_to_return, request_return, units_returnable
from commerce.storefront.guest_orders import TOO_MANY, refuse_link


class ReturnForm(forms.Form):
    """How many of each item to return, and why. ``key`` prevents duplicates."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, order: AbstractOrder, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})
        left = units_returnable(order)
        self.lines = list(order.lines.filter(pk__in=left).order_by("pk"))
        for line in self.lines:
            self.fields[f"units_{line.pk}"] = forms.IntegerField(
                label=line.title,
                min_value=0,
                max_value=left[line.pk],
                initial=0,
                help_text=_("up to %(count)d") % {"count": left[line.pk]},
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        self.fields["reason"] = forms.CharField(
            label=_("Reason for return"),
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 4}),
        )

    def units(self) -> dict[int, int]:
        """The chosen quantities, ``{line_id: quantity}``."""
        return {line.pk: self.cleaned_data[f"units_{line.pk}"] for line in self.lines}


class ReturnView(generic.View):
    """Shows the form and files the request; subclasses set ``order`` and ``back``."""

    template_name = "oscar/customer/order/return_form.html"
    response_class = generic.base.TemplateResponse

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        refusal = refusal_to_return(self.order)
        if refusal:
            messages.info(request, refusal)
            return redirect(self.back)
        return self.show(ReturnForm(self.order))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = ReturnForm(self.order, data=request.POST)
        if not consume(request, action="return_request"):
            form.add_error(None, TOO_MANY)
            return self.show(form, status=429)
        if not form.is_valid():
            return self.show(form)
        reason, key = form.cleaned_data["reason"], form.cleaned_data["key"]
        try:
            filed = request_return(self.order.pk, form.units(), reason=reason, key=key)
        except ReturnRefused as refusal:
            form.add_error(None, str(refusal))
            return self.show(form)
        text = _("We’ve received your request %(number)s and will reply by email.")
        messages.success(request, text % {"number": filed.number})
        return redirect(self.back)

    def show(self, form: Form, *, status: int = 200) -> HttpResponse:
        context = {"form": form, "order": self.order, "back_url": self.back}
        return self.response_class(self.request, self.template_name, context, status=status)


@private_page
@method_decorator(login_required, name="dispatch")
class AccountReturnView(ReturnView):
    """A return of an order of the signed-in account."""

    def dispatch(self, request: HttpRequest, *, order_number: str) -> HttpResponseBase:
        self.order = get_object_or_404(request.user.orders, number=order_number)
        self.back = reverse("customer:order", args=[order_number])
        return super().dispatch(request)


@private_page
class GuestReturnView(ReturnView):
    """A return of the order of a link."""

    def dispatch(self, request: HttpRequest, *, token: str) -> HttpResponseBase:
        self.order = order_by_token(token)
        if self.order is None:
            return refuse_link(request)
        if self.order.user_id:
            return redirect("customer:order", order_number=self.order.number)
        self.back = reverse("guest-order", args=[token])
        return super().dispatch(request)
