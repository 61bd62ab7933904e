"""What the payment page showed. It travels with "Pay" and is compared with what would be ordered.

The total alone is not enough: another tab may have changed the address, the delivery or the goods at the
same total.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core import signing
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.apps.basket.abstract_models import AbstractBasket

from commerce.money import format_money
from commerce.options.personal import choices_of
from commerce.pricing.delivery import Arrival, promised_arrival
from commerce.pricing.discounts import application_name

SALT = "checkout.shown"


@dataclass(frozen=True)
class ShownLine:
    """A line with its choices in the title; ``total`` is before discounts."""

    title: str
    quantity: int
    total: str


@dataclass(frozen=True)
class Shown:
    """An order as the payment page shows it. Amounts are decimals as text, addresses are lines of text.

    ``arrival`` has the first and the last day in ISO 8601; None without a promise.
    """

    currency: str
    lines: dict[str, ShownLine]
    discounts: dict[str, str]
    delivery: str
    charge: str
    arrival: tuple[str, str] | None
    shipping_address: tuple[str, ...]
    billing_address: tuple[str, ...]
    email: str
    total: str
    tax: str
    vat_number: str

    @property
    def digest(self) -> str:
        """Equal for equal content, and says nothing about it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return sha256(text.encode()).hexdigest()


def shown(
    basket: AbstractBasket,
    *,
    method: Any,
    charge: Decimal,
    shipping_address: AbstractAddress | None,
    billing_address: AbstractAddress | None,
    email: str,
    tax: Decimal,
    vat_number: str = "",
) -> Shown:
    """What is shown of a priced basket with one of Oscar's delivery methods."""
    arrival = promised_arrival(method)
    return Shown(
        currency=basket.currency,
        lines=_lines_of(basket),
        discounts={
            application_name(row): _amount(row["discount"])
            for row in basket.offer_discounts + basket.voucher_discounts
        },
        delivery=str(method.name),
        charge=_amount(charge),
        arrival=(arrival.first.isoformat(), arrival.last.isoformat()) if arrival else None,
        shipping_address=_rows_of(shipping_address),
        billing_address=_rows_of(billing_address),
        email=email,
        total=_amount(basket.total_incl_tax + charge),
        tax=_amount(tax),
        vat_number=vat_number,
    )


def _lines_of(basket: AbstractBasket) -> dict[str, ShownLine]:
    """The lines by their references, which stay when a product is removed and added again."""
    found = {}
    for line in basket.all_lines():
        choices = "; ".join(map(str, choices_of(line.attributes.all())))
        title = line.product.get_title() + (f" ({choices})" if choices else "")
        key = f"{line.product_id}:{choices}"
        found[key] = ShownLine(title, line.quantity, _amount(line.line_price_incl_tax))
    return found


def _amount(amount: Decimal) -> str:
    """The same text for equal amounts."""
    return f"{amount:.2f}"


def _rows_of(address: AbstractAddress | None) -> tuple[str, ...]:
    if address is None:
        return ()
    rows = [*address.active_address_fields(), getattr(address, "phone_number", "")]
    return tuple(str(row) for row in rows if row)


# --- With the form --------------------------------------------------------------------------------


def seal(one: Shown) -> str:
    """The signed text of a hidden field. It contains what the page shows anyway."""
    return signing.dumps(asdict(one), salt=SALT, compress=True)


def unseal(text: str) -> Shown | None:
    """What was sealed; None for anything else."""
    try:
        facts = signing.loads(text, salt=SALT)
        facts["lines"] = {key: ShownLine(**line) for key, line in facts["lines"].items()}
        for name in ("shipping_address", "billing_address"):
            facts[name] = tuple(facts[name])
        facts["arrival"] = tuple(facts["arrival"]) if facts["arrival"] else None
        return Shown(**facts)
    except (signing.BadSignature, KeyError, TypeError):  # of an earlier version
        return None


# --- What changed -----------------------------------------------------------------------------------


def changes(before: Shown, now: Shown) -> list[str]:
    """What differs, as sentences for the shopper; none if nothing does."""
    if before.digest == now.digest:
        return []
    found = [*_changed_lines(before, now), *_changed_discounts(before, now)]
    if now.delivery != before.delivery:
        text = _("Delivery is now %(name)s instead of %(before)s.")
        found.append(text % {"name": now.delivery, "before": before.delivery})
    if now.charge != before.charge:
        text = _("Delivery now costs %(price)s instead of %(before)s.")
        found.append(
            text % {"price": _money(now, now.charge), "before": _money(now, before.charge)}
        )
    if now.arrival != before.arrival and now.arrival:
        found.append(_("It is now expected %(when)s.") % {"when": _arrival_text(now.arrival)})
    if now.shipping_address != before.shipping_address and now.shipping_address:
        text = _("The delivery address is now %(address)s.")
        found.append(text % {"address": ", ".join(now.shipping_address)})
    if now.billing_address != before.billing_address and now.billing_address:
        text = _("The billing address is now %(address)s.")
        found.append(text % {"address": ", ".join(now.billing_address)})
    if now.email != before.email:
        found.append(_("The email address is now %(email)s.") % {"email": now.email})
    if now.vat_number != before.vat_number:
        found.append(
            _("The VAT number is now %(number)s.") % {"number": now.vat_number}
            if now.vat_number
            else _("There is no VAT number any more.")
        )
    if now.tax != before.tax and now.total == before.total:
        text = _("The VAT in it is now %(tax)s instead of %(before)s.")
        found.append(text % {"tax": _money(now, now.tax), "before": _money(now, before.tax)})
    if now.total != before.total or not found:
        found.append(_("The total is now %(total)s.") % {"total": _money(now, now.total)})
    return found


def _changed_lines(before: Shown, now: Shown) -> Iterable[str]:
    for key, line in before.lines.items():
        if key not in now.lines:
            yield _("%(title)s is no longer in your order.") % {"title": line.title}
    for key, line in now.lines.items():
        old = before.lines.get(key)
        facts: Mapping[str, Any] = {"title": line.title, "units": line.quantity}
        if old is None:
            yield _("%(units)d × %(title)s is new in your order.") % facts
        elif old.quantity != line.quantity:
            text = _("%(title)s: now %(units)d instead of %(before)d.")
            yield text % {**facts, "before": old.quantity}
        elif old.total != line.total:
            text = _("%(title)s now costs %(price)s instead of %(before)s.")
            prices = {"price": _money(now, line.total), "before": _money(now, old.total)}
            yield text % {**facts, **prices}


def _changed_discounts(before: Shown, now: Shown) -> Iterable[str]:
    for name in before.discounts:
        if name not in now.discounts:
            yield _("%(name)s no longer applies.") % {"name": name}
    for name, amount in now.discounts.items():
        if before.discounts.get(name) != amount:
            yield _("%(name)s now takes off %(amount)s.") % {
                "name": name,
                "amount": _money(now, amount),
            }


def _money(one: Shown, amount: str) -> str:
    return format_money(Decimal(amount), one.currency)


def _arrival_text(arrival: tuple[str, str]) -> str:
    first, last = map(parse_date, arrival)
    return str(Arrival(first, last)) if first and last else ""
