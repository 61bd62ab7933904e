"""The two steps of withdrawing from a contract, and the acknowledgement.

No account is needed; for customers who are signed in the form is filled in.
No response depends on whether the order exists.
"""

import uuid
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from allauth.core.ratelimit import consume
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views import generic
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.decorators import private_page
from commerce.models import User, Withdrawal
from commerce.money import format_money
from commerce.order_statuses import CANCELLED
from commerce.orders.pipeline import example_number
from commerce.returns.withdrawals import Statement, submit_withdrawal, withdrawal_facts

SALT = "commerce.withdrawal_pages"
TOO_MANY = _(
    "Too many withdrawals from this connection. Try again in an hour, or email %(email)s, "
    "which is equally valid."
)
#: Seconds for which the acknowledgement can be viewed again.
SHOWN_FOR = 24 * 60 * 60
#: The choice for an order that is not in the list.
OTHER = "other"
#: The most orders to choose from.
MAX_ORDERS = 50


class WithdrawalForm(forms.Form):
    """The legally required content of a statement: name, contract, and email address."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    order_number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=format_lazy(
            _("You’ll find it in your confirmation email, for example {number}."),
            number=example_number(),
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        help_text=_("We’ll confirm your withdrawal at this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    items = forms.CharField(
        label=_("Which items?"),
        max_length=1000,
        required=False,
        help_text=_("Leave it empty to withdraw from the whole order."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, orders: Sequence[AbstractOrder] = (), **kwargs: Any) -> None:
        """``orders`` are the customer's own: they choose one, or type another number."""
        super().__init__(*args, **kwargs)
        if not orders:
            return
        choices = [(order.number, _described(order)) for order in orders]
        number = self.fields["order_number"]
        number.required, number.label = False, _("Another order number")
        number.help_text = _("Only if it isn’t in the list.")
        self.fields["order"] = forms.ChoiceField(
            label=_("Which order?"),
            choices=[
                *([("", _("Choose an order"))] if len(orders) > 1 else []),
                *choices,
                (OTHER, _("Another order")),
            ],
            required=False,  # A typed number is enough.
        )
        self.order_fields(["name", "order", "order_number", "email", "items"])
        if (known := self.initial.get("order_number")) in dict(choices):
            self.initial.update(order=known, order_number="")
        elif known:
            self.initial["order"] = OTHER

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.pop("order", "")
        if cleaned.get("order_number"):  # A typed number takes precedence.
            return cleaned
        if chosen == OTHER:
            self.add_error("order_number", _("Enter the other order number."))
        elif chosen:
            cleaned["order_number"] = chosen
        elif "order" in self.fields:
            self.add_error("order", _("Choose the order."))
        return cleaned

    def statement(self) -> Statement:
        return Statement(**self.cleaned_data)


def _described(order: AbstractOrder) -> str:
    day = date_format(timezone.localtime(order.date_placed), "DATE_FORMAT")
    return f"{order.number} · {day} · {format_money(order.total_incl_tax, order.currency)}"


def form_for(
    user: User | AnonymousUser, *args: Any, initial: dict[str, Any] | None = None
) -> WithdrawalForm:
    """The form, filled in for customers who are signed in; one query for their orders."""
    if not user.is_authenticated:
        return WithdrawalForm(*args, initial=initial)
    known = {"name": user.get_full_name(), "email": user.email}
    orders = get_model("order", "Order").objects.filter(user=user).exclude(status=CANCELLED)
    orders = list(orders.order_by("-date_placed", "-pk")[:MAX_ORDERS])
    return WithdrawalForm(*args, initial={**known, **(initial or {})}, orders=orders)


@private_page
class WithdrawalView(generic.View):
    """Step one asks; step two shows everything with the button that confirms.

    Both are POSTs with all data, so that nothing is stored if the customer leaves, and "back"
    restores what was typed.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        initial = {"order_number": request.GET["order"]} if "order" in request.GET else None
        return self.ask(form_for(request.user, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = form_for(request.user, request.POST)
        step = request.POST.get("step", "")
        if not form.is_valid():
            return self.ask(form)
        if step == "edit":
            return self.ask(form_for(request.user, initial=form.cleaned_data))
        if step != "confirm":
            context = {"form": form, "facts": form.cleaned_data, "key": uuid.uuid4().hex}
            return TemplateResponse(request, "withdrawal/confirm.html", context)
        if not consume(request, action="withdrawal"):
            form.add_error(None, TOO_MANY % {"email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]})
            return self.ask(form, status=429)
        key = request.POST.get("key", "")[:64]
        withdrawal = submit_withdrawal(form.statement(), key=key)
        return redirect("withdrawal-received", token=signing.dumps(withdrawal.pk, salt=SALT))

    def ask(self, form: Form, *, status: int = 200) -> HttpResponse:
        context = {"form": form}
        return TemplateResponse(self.request, "withdrawal/ask.html", context, status=status)


@private_page(referrer="no-referrer")
class WithdrawalReceivedView(generic.View):
    """The acknowledgement on screen: the statement and when it was received."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            pk = signing.loads(token, salt=SALT, max_age=SHOWN_FOR)
        except signing.BadSignature:
            return redirect("withdrawal")
        withdrawal = get_object_or_404(Withdrawal, pk=pk)
        return TemplateResponse(
            request, "withdrawal/received.html", {"facts": withdrawal_facts(withdrawal)}
        )
