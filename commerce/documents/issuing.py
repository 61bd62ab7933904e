"""Invoices, credit notes and packing slips: their facts, frozen when issued.

A document is issued in the transaction of its event, with a gapless number. Its facts are plain
values, rendered by ``commerce.documents.pdf``. The counter's lock comes last in the lock order
(docs/payments.md), so issuing is the last step of a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils import timezone, translation
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from commerce.demonstration import is_demonstration
from commerce.documents.sums import Part, credit_parts, not_charged_parts, rate_of, sums_of
from commerce.documents.taxes import taxes_of
from commerce.models import CommercialDocument, DocumentCounter, DocumentKind, DocumentTax
from commerce.shop_settings.current import current_shop
from commerce.shop_values.vat_territories import territory_by_code
from commerce.tax import rate_in

if TYPE_CHECKING:
    from oscar.apps.address.abstract_models import AbstractAddress
    from oscar.apps.order.abstract_models import AbstractOrder


#: Number prefixes, in the shop's language.
PREFIXES = {
    DocumentKind.INVOICE: pgettext_lazy("prefix of the numbers of invoices", "INV"),
    DocumentKind.CREDIT_NOTE: pgettext_lazy("prefix of the numbers of credit notes", "CN"),
    DocumentKind.PACKING_SLIP: pgettext_lazy("prefix of the numbers of packing slips", "PS"),
}
#: Incremented when the shape of facts changes; the renderer supports every version.
VERSION = 1
#: The key of the delivery line of an invoice.
DELIVERY = "delivery"
#: Documents for customers; packing slips are internal.
FOR_CUSTOMERS = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


@dataclass(frozen=True)
class Refunded:
    """A completed refund. ``key`` identifies it, so that repeated notifications have no effect.

    ``lines`` is ``{line_id: (quantity, amount)}``, ``shipping`` the part for delivery; the rest of
    ``amount`` belongs to no line. All amounts include VAT.
    """

    key: str
    amount: Decimal
    reason: str = ""
    lines: dict[int, tuple[int | None, Decimal]] = field(default_factory=dict)
    shipping: Decimal = Decimal(0)


# --- Issuing --------------------------------------------------------------------------------------


def issue_invoice(
    order: AbstractOrder, *, amount: Decimal | None = None, at: datetime | None = None
) -> CommercialDocument:
    """Issue the invoice of a paid order, or return the existing one.

    ``amount`` is the amount taken, if it may be less than the total: the invoice then shows the
    rest as not charged. Needs an open transaction; locks the counter of invoices.
    """
    return _issue(
        DocumentKind.INVOICE,
        key=f"invoice:{order.pk}",
        order=order,
        facts_of=lambda: _invoice_facts(order, amount),
        at=at,
    )


def issue_credit_note(
    order: AbstractOrder, refunded: Refunded, *, at: datetime | None = None
) -> CommercialDocument | None:
    """Issue the credit note of a completed refund; one per ``refunded.key``.

    None if the order has no invoice: late money that was returned at once was never invoiced. Needs
    an open transaction; locks the counter of credit notes.
    """
    invoice = order.documents.filter(kind=DocumentKind.INVOICE).first()
    if invoice is None:
        return None
    return _issue(
        DocumentKind.CREDIT_NOTE,
        key=f"credit-note:{refunded.key}",
        order=order,
        facts_of=lambda: _credit_facts(order, invoice, refunded),
        at=at,
    )


def issue_packing_slip(
    order: AbstractOrder, parcel: Any, *, rest: Mapping[int, int], at: datetime | None = None
) -> CommercialDocument:
    """Issue the packing slip of a parcel that ships; one per parcel.

    ``parcel`` is a commerce.orders.shipments.Parcel, ``rest`` is ``{line_id: units}`` still to
    ship. Needs an open transaction; locks the counter of packing slips.
    """
    return _issue(
        DocumentKind.PACKING_SLIP,
        key=f"packing-slip:{parcel.shipment.pk}",
        order=order,
        shipment=parcel.shipment,
        facts_of=lambda: packing_facts(order, parcel.items, rest=rest, shipment=parcel.shipment),
        at=at,
    )


def _issue(
    kind: DocumentKind,
    *,
    key: str,
    order: AbstractOrder,
    facts_of: Callable[[], dict[str, Any]],
    shipment: Any = None,
    at: datetime | None = None,
) -> CommercialDocument:
    """The document with this key, issued now if it does not exist.

    The counter is locked before the facts are read and rolled back with the transaction: concurrent
    callers get one document, and no number is lost.
    """
    issued = CommercialDocument.objects.filter(key=key).first()
    if issued:
        return issued
    at = at or timezone.now()
    counter = _locked_counter(kind, timezone.localtime(at).year)
    issued = CommercialDocument.objects.filter(key=key).first()
    if issued:
        return issued
    counter.last += 1
    counter.save(update_fields=["last"])
    with translation.override(current_shop().language):
        number = f"{PREFIXES[kind]}-{counter.year}-{counter.last:06d}"
    facts = {
        "version": VERSION,
        "kind": str(kind),
        "number": number,
        "issued_on": timezone.localtime(at).date().isoformat(),
        **facts_of(),
    }
    document = CommercialDocument.objects.create(
        kind=kind, number=number, key=key, order=order, shipment=shipment, facts=facts, issued_at=at
    )
    DocumentTax.objects.bulk_create(taxes_of(document))
    return document


def _locked_counter(kind: DocumentKind, year: int) -> DocumentCounter:
    DocumentCounter.objects.get_or_create(kind=kind, year=year)
    return DocumentCounter.objects.select_for_update().get(kind=kind, year=year)


def documents_of(
    order: AbstractOrder, kinds: Collection[str] = FOR_CUSTOMERS
) -> list[CommercialDocument]:
    """The documents of an order in order of issue; by default those for customers."""
    return [document for document in order.documents.all() if document.kind in kinds]


# --- Facts ----------------------------------------------------------------------------------------


def _shared_facts(order: AbstractOrder) -> dict[str, Any]:
    """The facts common to all documents."""
    return {
        "language": get_language() or settings.LANGUAGE_CODE,
        "shop": current_shop().name,
        "is_demo": is_demonstration(),
        "seller": current_shop().seller,
        "billed_to": _rows_of(order.billing_address or order.shipping_address),
        "delivered_to": _rows_of(order.shipping_address),
        "order": order.number,
        "customer_vat_number": order.tax.vat_number if hasattr(order, "tax") else "",
        "ordered_on": timezone.localtime(order.date_placed).date().isoformat(),
    }


def _rows_of(address: AbstractAddress | None) -> list[str]:
    return [str(row) for row in address.active_address_fields()] if address else []


def _invoice_facts(order: AbstractOrder, amount: Decimal | None) -> dict[str, Any]:
    parts = _parts_of(order)
    charged = sum((part.gross for part in parts), Decimal(0))
    if amount is not None and amount < charged:
        missing = charged - amount
        parts += not_charged_parts(parts, missing, title=_("Not charged"), currency=order.currency)
    facts = _shared_facts(order)
    return {
        **facts,
        "seller": {**facts["seller"], "vat_number": _number_for(parts, facts["seller"])},
        "currency": order.currency,
        **_sums_as_facts(parts),
    }


def _number_for(parts: Iterable[Part], seller: Mapping[str, Any]) -> str:
    """The seller's VAT number in the country whose VAT an order bears (Directive 2006/112/EC, art. 226)."""
    registrations = current_shop().tax_registrations
    rates = [rate for part in parts if (rate := rate_in(part.tax_code)) and not rate.relief]
    for rate in rates:
        territory = territory_by_code(rate.country)
        if number := registrations.get(territory.code) or registrations.get(territory.state):
            return number
    return str(seller["vat_number"])


def _parts_of(order: AbstractOrder) -> list[Part]:
    """An order's lines and its delivery as lines of an invoice, exact to the cent."""
    parts = [
        Part(
            key=str(line.pk),
            title=line.title,
            code=line.partner_sku,
            quantity=line.quantity,
            unit=line.unit_price_incl_tax,
            discount=line.line_price_before_discounts_incl_tax - line.line_price_incl_tax,
            rate=rate_of(line.line_price_excl_tax, line.line_price_incl_tax, line.tax_code),
            tax_code=line.tax_code or "",
            net=line.line_price_excl_tax,
            gross=line.line_price_incl_tax,
        )
        for line in order.lines.order_by("pk")
    ]
    if order.shipping_method or order.shipping_incl_tax:
        net, gross = order.shipping_excl_tax, order.shipping_incl_tax
        title = _("Delivery: %(name)s") % {"name": order.shipping_method or "–"}
        rate = rate_of(net, gross, order.shipping_tax_code)
        code = order.shipping_tax_code or ""
        parts.append(
            Part(key=DELIVERY, title=title, rate=rate, tax_code=code, net=net, gross=gross)
        )
    return parts


def _credit_facts(
    order: AbstractOrder, invoice: CommercialDocument, refunded: Refunded
) -> dict[str, Any]:
    invoiced = [Part.from_facts(row) for row in invoice.facts["lines"]]
    earlier = order.documents.filter(kind=DocumentKind.CREDIT_NOTE)
    credited = [Part.from_facts(row) for note in earlier for row in note.facts["lines"]]
    wanted: dict[str, tuple[int | None, Decimal]] = {
        str(pk): pair for pk, pair in refunded.lines.items()
    }
    if refunded.shipping:
        wanted[DELIVERY] = (None, refunded.shipping)
    parts = credit_parts(
        invoiced,
        credited,
        wanted,
        amount=refunded.amount,
        title=_("Amount paid back"),
        currency=invoice.facts["currency"],
    )
    return {
        **_shared_facts(order),
        **{name: invoice.facts[name] for name in ("billed_to", "delivered_to", "seller")},
        "currency": invoice.facts["currency"],
        "invoice": invoice.number,
        "invoiced_on": invoice.facts["issued_on"],
        "reason": refunded.reason,
        **_sums_as_facts(parts),
    }


def _sums_as_facts(parts: list[Part]) -> dict[str, Any]:
    return {"lines": [part.as_facts() for part in parts], **sums_of(parts)}


def _with_parts(line: Any) -> str:
    """The title of a line, and for a bundle what is packed for each."""
    parts = ", ".join(map(str, line.parts.all()))
    return f"{line.title} ({parts})" if parts else line.title


def packing_facts(
    order: AbstractOrder,
    items: Iterable[tuple[Any, int]],
    *,
    rest: Mapping[int, int] | None = None,
    shipment: Any = None,
) -> dict[str, Any]:
    """The facts of a packing slip: items without prices, what follows, and the label.

    ``items`` are pairs of an order line and a quantity, ``rest`` is ``{line_id: units}``.
    """
    titles = dict(order.lines.values_list("pk", "title")) if rest else {}
    units: dict[Any, int] = defaultdict(int)
    for line, count in items:
        units[line] += count
    prefetch_related_objects(list(units), "parts")
    return {
        **_shared_facts(order),
        "lines": [
            {"title": _with_parts(line), "code": line.partner_sku, "quantity": count}
            for line, count in units.items()
        ],
        "rest": [{"title": titles[pk], "quantity": count} for pk, count in (rest or {}).items()],
        "carrier": str(shipment.carrier_name) if shipment else "",
        "tracking_number": shipment.tracking_number if shipment else "",
    }


def draft_packing_slip(order: AbstractOrder, items: Iterable[tuple[Any, int]]) -> dict[str, Any]:
    """The facts of a slip before shipping: it has no number and is not stored."""
    return {
        "version": VERSION,
        "kind": str(DocumentKind.PACKING_SLIP),
        "number": "",
        "issued_on": timezone.localtime().date().isoformat(),
        **packing_facts(order, items),
    }
