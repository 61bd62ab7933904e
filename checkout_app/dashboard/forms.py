"""Staff forms about payments."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from checkout_app.models import PaymentAttempt
from checkout_app.payments.refunds import (
    RefundTerms,
    line_amounts,
    refundable_shipping,
    refundable_units,
)
from commerce.dashboard.decimal_fields import DecimalField
from commerce.models import ReturnRequest
from commerce.money import CENT, format_money


def new_key() -> str:
    """A key for a form, so that a double click has one effect."""
    return uuid.uuid4().hex


class RefundForm(forms.Form):
    """What to refund of an order: units of its lines, its delivery, another amount.

    ``returned`` is a received ReturnRequest; its units are filled in.
    """

    shipping = DecimalField(
        label=_("Delivery"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    extra = DecimalField(
        label=_("Another amount"),
        help_text=_("Not for a particular item, for example as goodwill."),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
    )
    is_restocked = forms.BooleanField(
        label=_("Restock the items"),
        help_text=_("Items that haven’t been shipped won’t be sent in either case."),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Shown in the order’s history. The customer doesn’t see it."),
        max_length=200,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        attempt: PaymentAttempt,
        returned: ReturnRequest | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.attempt, self.order, self.returned = attempt, attempt.order, returned
        came = {row.line_id: row.received for row in returned.lines.all()} if returned else {}
        self.left = refundable_units(self.order)
        self.fields["key"].initial = new_key()
        if returned:  # It was decided on receipt whether to restock.
            del self.fields["is_restocked"]
        shipping_left = refundable_shipping(self.order)
        delivery: Any = self.fields["shipping"]
        delivery.max_value = shipping_left
        self.fields["shipping"].help_text = (
            _("%(amount)s is left to refund.")
            % {"amount": format_money(shipping_left, self.order.currency)}
            if shipping_left
            else _("Nothing is left to refund.")
        )
        self.fields["shipping"].disabled = not shipping_left
        lines = {line.pk: line for line in self.order.lines.order_by("pk")}
        self.rows = []
        for pk, units in self.left.items():
            name = f"line_{pk}"
            if returned:  # Only what came back, nothing that is still to be sent.
                units = min(came.get(pk) or 0, units)
            self.fields[name] = forms.IntegerField(
                label=lines[pk].title,
                min_value=0,
                max_value=units,
                required=False,
                initial=units if returned else 0,
                disabled=not units,
            )
            self.fields[name].widget.attrs["class"] = "form-control"
            each = line_amounts(self.order, {pk: 1})[pk] if units else Decimal(0)
            self.rows.append((self[name], lines[pk], units, each))

    @property
    def money_fields(self) -> list[BoundField]:
        """The fields that do not belong to a line, in the page's order."""
        names = ("shipping", "extra", "is_restocked", "reason")
        return [self[name] for name in names if name in self.fields]

    def terms(self) -> RefundTerms:
        """The refund terms of a valid form."""
        data = self.cleaned_data
        return RefundTerms(
            key=data["key"],
            reason=data["reason"],
            units={pk: data[f"line_{pk}"] for pk in self.left if data.get(f"line_{pk}")},
            shipping=data["shipping"] or Decimal(0),
            extra=data["extra"] or Decimal(0),
            is_restocked=data.get("is_restocked", False),
            return_id=self.returned.pk if self.returned else None,
        )


class CaptureForm(forms.Form):
    """How much of the authorised amount to capture. The rest is voided."""

    amount = DecimalField(label=_("Amount"), min_value=0, max_digits=12, decimal_places=2)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, data: QueryDict | None = None, *, attempt: PaymentAttempt, **kwargs: Any
    ) -> None:
        left = attempt.amount - attempt.money_taken
        super().__init__(data, initial={"amount": left, "key": new_key()}, **kwargs)
        self.fields["amount"].widget.attrs |= {"max": left, "class": "form-control"}


class ReceivedForm(forms.Form):
    """The amount that arrived for a transfer, as on the bank statement."""

    amount = DecimalField(label=_("Amount"), min_value=CENT, max_digits=12, decimal_places=2)
    #: The sum shown as arrived, in minor units. Two people may enter the same statement.
    before = forms.IntegerField(min_value=0, required=False)

    def clean_before(self) -> int:
        return self.cleaned_data["before"] or 0
