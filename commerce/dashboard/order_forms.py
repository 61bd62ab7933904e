"""The forms of the order page: status and parcel."""

import uuid
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from oscar.apps.dashboard.orders.forms import OrderStatusForm as OscarOrderStatusForm
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_model

from commerce.addresses.forms import FIELDS, CountryAddressForm
from commerce.carriers import carrier_choices
from commerce.orders.pipeline import moves_for_staff
from commerce.orders.shipments import SENDABLE, units_to_send


class OrderStatusForm(OscarOrderStatusForm):
    """Offers the statuses that staff may set."""

    def __init__(self, order: AbstractOrder, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        self.fields["new_status"].choices = [(move, move) for move in moves_for_staff(order)]


class ShippingAddressForm(CountryAddressForm):
    """An order's delivery address. Its country stays: delivery and tax were charged for it."""

    class Meta:
        model = get_model("order", "ShippingAddress")
        fields = [*(name for name in FIELDS if name != "country"), "phone_number", "notes"]


class DispatchForm(forms.Form):
    """One parcel: the quantity of each unsent item, and the label. ``key`` prevents duplicates."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    carrier = forms.ChoiceField(label=_("Carrier"), choices=carrier_choices)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=64, required=False)

    def __init__(self, order: AbstractOrder, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})
        self.left = units_to_send(order) if order.status in SENDABLE else {}
        self.lines = list(order.lines.filter(pk__in=self.left).order_by("pk"))
        for line in self.lines:
            self.fields[f"units_{line.pk}"] = forms.IntegerField(
                label=line.title, min_value=0, max_value=self.left[line.pk], required=False,
                initial=self.left[line.pk],
                widget=forms.NumberInput(attrs={"class": "form-control w-100", "inputmode": "numeric"}),
            )  # fmt: skip
        for name in ("carrier", "tracking_number"):
            self.fields[name].widget.attrs["class"] = "form-control w-100 no-widget-init"
        self.fields["tracking_number"].widget.attrs["autocomplete"] = "off"

    def rows(self) -> list[tuple[AbstractLine, int, BoundField]]:
        """Each line with its unsent quantity and its field."""
        return [(line, self.left[line.pk], self[f"units_{line.pk}"]) for line in self.lines]

    def units(self) -> dict[int, int]:
        """The chosen quantities, ``{line_id: quantity}``."""
        return {line.pk: self.cleaned_data.get(f"units_{line.pk}") or 0 for line in self.lines}
