"""Vouchers with a percentage or an amount off everything, as other shops have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.apps.voucher.abstract_models import AbstractVoucher
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.clock import shop_now
from commerce.imports.cells import CellError, number_in
from commerce.imports.kinds.base import Undone
from commerce.imports.kinds.flat import FlatKind, in_batches, matched
from commerce.imports.product_states import State, chunks, moment_text
from commerce.imports.records import ReadOptions, Record
from commerce.imports.widgets import (
    AmountWidget,
    ChoiceWidget,
    MomentWidget,
    Sheet,
    TextWidget,
    column,
)

#: Oscar's usages, which are constants of ``Voucher``, by the words of files.
USAGES = {
    "single": AbstractVoucher.SINGLE_USE,
    "multi": AbstractVoucher.MULTI_USE,
    "once": AbstractVoucher.ONCE_PER_CUSTOMER,
}
#: Vouchers that the page of exports names at most.
LISTED = 50
#: The range of all products that imported vouchers discount.
EVERYTHING = "All products"
#: A voucher without an end is valid for so long.
LONG = timedelta(days=3650)


class VoucherSheet(Sheet):
    """The columns of vouchers. ``discount`` is "10%" or an amount."""

    code = column("code", TextWidget(128, is_required=True))
    name = column("name", TextWidget(128))
    discount = column("discount", TextWidget(20))
    minimum = column("minimum", AmountWidget())
    usage = column("usage", ChoiceWidget(*USAGES, default="multi"))
    start = column("start", MomentWidget())
    end = column("end", MomentWidget(is_end=True))


class VoucherKind(FlatKind):
    """Vouchers by their code. The discount of an existing voucher does not change."""

    name = "vouchers"
    permissions = ("voucher.add_voucher", "voucher.change_voucher", "offer.add_conditionaloffer")
    sheet_class = VoucherSheet
    keys = ("code",)
    price_columns = ("minimum",)
    export_permissions = ("voucher.view_voucher", "voucher.view_voucherset")

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"name": "", "discount": "", "minimum": None, "usage": "multi", "start": None,
                "end": None}  # fmt: skip

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        rows: dict[str, tuple[int, State]] = {}
        for state in states:
            state["code"] = state["code"].upper()
        for chunk in chunks([state["code"] for state in states]):
            keys = get_model("voucher", "Voucher").objects.filter(code__in=chunk)
            for key, found in self.states(list(keys.values_list("pk", flat=True))).items():
                rows[found["code"].upper()] = (key, found)
        return matched(states, rows, lambda state: state["code"])

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        usages = {value: name for name, value in USAGES.items()}
        rows = get_model("voucher", "Voucher").objects.filter(pk__in=literal_in(keys))
        found = {}
        for row in rows.prefetch_related("offers__benefit", "offers__condition"):
            offer = next(iter(row.offers.all()), None)
            found[row.pk] = {
                "code": row.code, "name": row.name, "discount": _discount_of(offer),
                "minimum": _minimum_of(offer), "usage": usages.get(row.usage, "multi"),
                "start": moment_text(row.start_datetime), "end": moment_text(row.end_datetime),
            }  # fmt: skip
        return found

    def settle(self, state: State, before: State | None, record: Record, facts: Any) -> State:
        """See ``FlatKind``."""
        state["name"] = state["name"] or state["code"]
        now = shop_now().replace(microsecond=0)
        state["start"] = state["start"] or moment_text(now)
        start = datetime.fromisoformat(state["start"])
        state["end"] = state["end"] or (before or {}).get("end") or moment_text(start + LONG)
        if before:
            if record.values.get("discount") and _normal(state["discount"]) != before["discount"]:
                text = _("Not imported: the discount of an existing voucher does not change.")
                record.remark(record.line, "discount", text)
            return {**state, "discount": before["discount"], "minimum": before["minimum"]}
        try:
            state["discount"] = _normal(state["discount"])
        except CellError as error:
            record.refuse(record.line, "discount", str(error))
        if datetime.fromisoformat(state["end"]) <= start:
            record.refuse(record.line, "end", _("The voucher must end after it begins."))
        return state

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``."""
        offer = _offer(state)
        name, number = state["name"], 1
        vouchers = get_model("voucher", "Voucher").objects
        while vouchers.filter(name=name).exists():
            number += 1
            name = f"{state['name'][:118]} ({number})"
        state["name"] = name
        row = vouchers.create(
            code=state["code"], name=name, usage=USAGES[state["usage"]],
            start_datetime=datetime.fromisoformat(state["start"]),
            end_datetime=datetime.fromisoformat(state["end"]),
        )  # fmt: skip
        row.offers.add(offer)
        return row.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``."""
        row = get_model("voucher", "Voucher").objects.get(pk=key)
        row.name, row.usage = after["name"], USAGES[after["usage"]]
        row.start_datetime = datetime.fromisoformat(after["start"])
        row.end_datetime = datetime.fromisoformat(after["end"])
        row.save()

    def may_undo(self, row: Undone) -> bool:
        """See ``FlatKind``: a voucher that was used stays."""
        vouchers = get_model("voucher", "Voucher").objects.filter(pk=row.object_id)
        return not vouchers.filter(applications__isnull=False).exists()

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        row = get_model("voucher", "Voucher").objects.get(pk=key)
        offers = list(row.offers.all())
        row.delete()
        for offer in offers:
            if not offer.vouchers.exists():
                offer.delete()

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``."""
        return in_batches(_plain_vouchers())

    def left_out(self) -> list[str]:
        """See ``Kind``: vouchers with other offers, and those that belong to a set."""
        rows = get_model("voucher", "Voucher").objects.exclude(pk__in=_plain_vouchers())
        return list(rows.order_by("code").values_list("code", flat=True)[:LISTED])


def _plain_vouchers() -> Any:
    """The vouchers that a file describes: an amount or a percentage off everything, no more."""
    Voucher, Offer = get_model("voucher", "Voucher"), get_model("offer", "ConditionalOffer")
    plain = Offer.objects.filter(
        Q(condition__type=_condition().VALUE) | Q(condition__type=_condition().COUNT, condition__value=1),
        benefit__type__in=(_benefit().PERCENTAGE, _benefit().FIXED),
        benefit__max_affected_items=None,
        benefit__range__in=_everything(),
        condition__range__in=_everything(),
        exclusive=Offer._meta.get_field("exclusive").get_default(),
        max_global_applications=None,
        max_user_applications=None,
        max_basket_applications=None,
        max_discount=None,
    )  # fmt: skip
    counted = Voucher.objects.annotate(number=Count("offers")).filter(number=1).values("pk")
    return Voucher.objects.filter(voucher_set=None, offers__in=plain, pk__in=counted)


def _everything() -> Any:
    """The ranges of all products, without exceptions."""
    return get_model("offer", "Range").objects.filter(
        includes_all_products=True, proxy_class=None, excluded_products=None,
        excluded_categories=None,
    )  # fmt: skip


def _benefit() -> Any:
    return get_model("offer", "Benefit")


def _condition() -> Any:
    return get_model("offer", "Condition")


def _normal(discount: str) -> str:
    """The discount as "10%" or "5.00". Raises CellError."""
    is_percentage = discount.rstrip().endswith("%")
    text = discount.rstrip().rstrip("%").strip()
    if not text:
        raise CellError(_("Enter a discount such as 10% or 5.00."))
    value = number_in(text, "," if "," in text and "." not in text else ".")
    if value <= 0 or (is_percentage and value > 100):
        raise CellError(_("Enter a discount such as 10% or 5.00."))
    return f"{value.normalize():f}%" if is_percentage else f"{value:.2f}"


def _discount_of(offer: Any) -> str:
    if offer is None or offer.benefit.value is None:
        return ""
    value = Decimal(offer.benefit.value)
    return (
        f"{value.normalize():f}%" if offer.benefit.type == _benefit().PERCENTAGE else f"{value:.2f}"
    )


def _minimum_of(offer: Any) -> str | None:
    if offer is None or offer.condition.type != _condition().VALUE:
        return None
    return f"{offer.condition.value:.2f}"


def _offer(state: State) -> Any:
    goods = _everything().order_by("pk").first()
    if goods is None:
        goods = get_model("offer", "Range").objects.create(
            name=EVERYTHING, includes_all_products=True
        )
    minimum = Decimal(state["minimum"] or 0)
    condition = _condition().objects.create(
        range=goods,
        type=_condition().VALUE if minimum else _condition().COUNT,
        value=minimum or 1,
    )
    text = state["discount"]
    benefit = _benefit().objects.create(
        range=goods,
        type=_benefit().PERCENTAGE if text.endswith("%") else _benefit().FIXED,
        value=Decimal(text.rstrip("%")),
    )
    offers = get_model("offer", "ConditionalOffer").objects
    name, number = f"{state['code']}: {text}", 1
    while offers.filter(name=name).exists():
        number += 1
        name = f"{state['code']}: {text} ({number})"
    return offers.create(
        name=name[:128], offer_type=get_model("offer", "ConditionalOffer").VOUCHER, condition=condition, benefit=benefit,
        start_datetime=timezone.now(),
    )  # fmt: skip
