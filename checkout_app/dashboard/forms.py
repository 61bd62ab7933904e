"""What staff type about money. A form keeps what was typed and says what is wrong with it."""

import uuid
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from checkout_app.payments.refunds import (
    RefundTerms,
    line_amounts,
    refundable_shipping,
    refundable_units,
)
from commerce.money import CENT, format_money


def new_key():
    """A key for a form, so that a double click is one act."""
    return uuid.uuid4().hex


class RefundForm(forms.Form):
    """What of an order is to be paid back: units of its lines, its delivery, an amount besides.

    ``returned`` is a ReturnRequest that was received and is to be paid for: its pieces are filled in.
    """

    shipping = forms.DecimalField(
        label=_("Delivery"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    extra = forms.DecimalField(
        label=_("Another amount"),
        help_text=_("For no piece in particular, as goodwill."),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
    )
    is_restocked = forms.BooleanField(
        label=_("Put the pieces back on the shelf"),
        help_text=_("Pieces that have not left the house are not sent any more either way."),
        required=False,
        initial=True,
    )
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Stands in the order's history; the customer does not see it."),
        max_length=200,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data=None, *, attempt, returned=None, **kwargs):
        super().__init__(data, **kwargs)
        self.attempt, self.order, self.returned = attempt, attempt.order, returned
        came = {row.line_id: row.received for row in returned.lines.all()} if returned else {}
        self.left = refundable_units(self.order)
        self.fields["key"].initial = new_key()
        if returned:  # What came back was put on the shelf, or not, when it was received.
            del self.fields["is_restocked"]
        shipping_left = refundable_shipping(self.order)
        self.fields["shipping"].max_value = shipping_left
        self.fields["shipping"].help_text = (
            _("%(amount)s of it is left.")
            % {"amount": format_money(shipping_left, self.order.currency)}
            if shipping_left
            else _("Nothing of it is left.")
        )
        self.fields["shipping"].disabled = not shipping_left
        lines = {line.pk: line for line in self.order.lines.order_by("pk")}
        self.rows = []
        for pk, units in self.left.items():
            name = f"line_{pk}"
            if returned:  # It pays for what came, and for nothing that is still to be sent.
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
    def money_fields(self):
        """The fields that are not a line's, as the page shows them."""
        names = ("shipping", "extra", "is_restocked", "reason")
        return [self[name] for name in names if name in self.fields]

    def wanted(self):
        """What was asked for, of a form that is valid."""
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
    """How much of the held money is taken; what is left is given up."""

    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=12, decimal_places=2)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data=None, *, attempt, **kwargs):
        left = attempt.amount - attempt.money_taken
        super().__init__(data, initial={"amount": left, "key": new_key()}, **kwargs)
        self.fields["amount"].widget.attrs |= {"max": left, "class": "form-control"}


class ReceivedForm(forms.Form):
    """What arrived for a transfer, as the bank's statement has it."""

    amount = forms.DecimalField(label=_("Amount"), min_value=CENT, max_digits=12, decimal_places=2)
    #: What had arrived, in minor units, when they looked: two people may type the same statement.
    before = forms.IntegerField(min_value=0, required=False)

    def clean_before(self):
        return self.cleaned_data["before"] or 0
