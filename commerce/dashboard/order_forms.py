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
from commerce.digital.goods import AUTOMATIC, Fulfilment
from commerce.orders.pipeline import moves_for_staff
from commerce.orders.provision import parcel_units_left, units_left
from commerce.pricing.delivery import is_collected
from commerce.shop_settings.current import current_shop


class OrderStatusForm(OscarOrderStatusForm):
    """Offers the statuses that staff may set."""

    def __init__(self, order: AbstractOrder, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        moves = [(move, move) for move in moves_for_staff(order)]
        # Nothing is chosen at first: a cancelled order is refunded.
        self.fields["new_status"].choices = [("", _("Choose a status")), *moves] if moves else []


class ShippingAddressForm(CountryAddressForm):
    """An order's delivery address. Its country stays: delivery and tax were charged for it."""

    class Meta:
        model = get_model("order", "ShippingAddress")
        fields = [*(name for name in FIELDS if name != "country"), "phone_number", "notes"]


class UnitsForm(forms.Form):
    """The quantity of each item that is left to hand over."""

    def add_lines(self, order: AbstractOrder, left: dict[int, int]) -> None:
        """Add a field for each line of ``{line_id: units}``."""
        self.left = left
        self.lines = list(order.lines.filter(pk__in=left).order_by("pk")) if left else []
        for line in self.lines:
            self.fields[f"units_{line.pk}"] = forms.IntegerField(
                label=line.title, min_value=0, max_value=left[line.pk], required=False,
                initial=left[line.pk],
                widget=forms.NumberInput(attrs={"class": "form-control w-100", "inputmode": "numeric"}),
            )  # fmt: skip

    def rows(self) -> list[tuple[AbstractLine, int, BoundField]]:
        """Each line with the quantity that is left and its field."""
        return [(line, self.left[line.pk], self[f"units_{line.pk}"]) for line in self.lines]

    def units(self) -> dict[int, int]:
        """The chosen quantities, ``{line_id: quantity}``."""
        return {line.pk: self.cleaned_data.get(f"units_{line.pk}") or 0 for line in self.lines}


class ProvideForm(UnitsForm):
    """Items that are provided without a parcel, such as services that are done."""

    def __init__(self, order: AbstractOrder, data: QueryDict | None = None) -> None:
        super().__init__(data, prefix="provide")
        self.add_lines(order, units_left(order, [*AUTOMATIC, Fulfilment.SERVICE]))


class DispatchForm(UnitsForm):
    """One parcel: the quantity of each unsent item, and the label. ``key`` prevents duplicates.

    What the customer collects at the shop has no label.
    """

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    carrier = forms.ChoiceField(
        label=_("Carrier"), choices=lambda: carrier_choices(current_shop().country)
    )
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=64, required=False)

    def __init__(self, order: AbstractOrder, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex})
        self.add_lines(order, parcel_units_left(order))
        self.is_collected = is_collected(order)
        if self.is_collected:
            del self.fields["carrier"], self.fields["tracking_number"]
            return
        for name in ("carrier", "tracking_number"):
            self.fields[name].widget.attrs["class"] = "form-control w-100 no-widget-init"
        self.fields["tracking_number"].widget.attrs["autocomplete"] = "off"
