"""Removes personal data from orders: at once what accounting doesn't need, the rest later.

Accounting needs the invoice, with the buyer's name and address, for ``BOOKS_YEARS`` after the
financial year. It doesn't need contact details, messages, or delivery addresses.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.models import (
    AuditEntry,
    CommercialDocument,
    DocumentKind,
    GiftCard,
    OrderEvent,
    OrderTax,
)
from commerce.options.personal import choices_of
from commerce.order_statuses import AUTHORISED, PACKING, PAID, PART_SHIPPED, PENDING, SHIPPED
from commerce.privacy.people import ERASED
from commerce.shop_settings.current import current_shop
from commerce.shop_values.books import books_years

#: Orders in progress. A shipped one counts as open for ``ON_ITS_WAY``.
OPEN = (PENDING, AUTHORISED, PAID, PACKING, PART_SHIPPED)
ON_ITS_WAY = timedelta(days=30)
#: Kinds of events that quote the customer.
WORDS_OF_CUSTOMERS = (OrderEvent.Kind.RETURN, OrderEvent.Kind.WITHDRAWAL)
#: The personal fields of an address; the country stays, for the VAT.
NAMES = ("first_name", "line1", "line2", "line3", "line4", "state", "postcode", "title")


def open_orders(orders: QuerySet, *, at: datetime | None = None) -> QuerySet:
    """The orders that are not finished.

    They are unpaid, in progress, shipped within 30 days, or have a gift card to be sent.
    """
    since = (at or timezone.now()) - ON_ITS_WAY
    on_their_way = orders.filter(status=SHIPPED, shipping_events__date_created__gt=since)
    to_be_mailed = orders.filter(lines__gift_cards__status=GiftCard.Status.WAITING)
    groups = (orders.filter(status__in=OPEN), on_their_way, to_be_mailed)
    return orders.filter(pk__in=[key for group in groups for key in _keys(group)])


def _keys(orders: QuerySet) -> QuerySet:
    return orders.values_list("pk", flat=True)


def retention_years() -> int:
    """Years for which invoices are stored: ``BOOKS_YEARS``, or what the shop's country asks."""
    return settings.BOOKS_YEARS or books_years(current_shop().country)


def books_end(*, at: datetime | None = None) -> datetime:
    """The statutory term of orders placed and documents issued before this moment is over.

    It is the end of the last financial year at least ``BOOKS_YEARS`` whole years ago.
    """
    today, years = timezone.localtime(at).date(), retention_years()
    month, day = settings.FINANCIAL_YEAR_END
    end = _day(today.year - years, month, day)
    if end >= _day(today.year - years, today.month, today.day):
        end = _day(end.year - 1, month, day)
    return timezone.make_aware(datetime.combine(end + timedelta(days=1), time.min))


def _day(year: int, month: int, day: int) -> date:
    """The date; 28 February if the year has no 29th."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


def past_their_term(*, at: datetime | None = None) -> QuerySet:
    """Orders past their statutory term that still name a person."""
    end = books_end(at=at)
    orders = get_model("order", "Order").objects.filter(date_placed__lt=end)
    over = orders.exclude(documents__issued_at__gte=end)
    return over.exclude(pk__in=open_orders(over, at=at)).filter(names_a_person())


def names_a_person() -> Q:
    """Orders with an account, an email address, or a name on an address or a document."""
    documents = CommercialDocument.objects.filter(order=OuterRef("pk"))
    is_on_document = Exists(documents.exclude(facts__icontains=ERASED))
    is_named = Q(shipping_address__isnull=False) & ~Q(shipping_address__last_name=ERASED)
    is_billed = Q(billing_address__isnull=False) & ~Q(billing_address__last_name=ERASED)
    return ~Q(user=None) | ~Q(guest_email="") | is_named | is_billed | Q(is_on_document)


def forget_contacts(order: Any) -> None:
    """Remove contact details and messages; the invoice's facts stay.

    Needs an open transaction. Idempotent.
    """
    get_model("order", "Order").objects.filter(pk=order.pk).update(guest_email="")
    if address := order.shipping_address:
        address.phone_number, address.notes = "", ""
        address.save()
    order.notes.all().delete()
    _forget_personal_texts(order)
    cards = GiftCard.objects.filter(line__order=order).exclude(status=GiftCard.Status.WAITING)
    cards.update(email="", recipient="", message="")
    order.returns.exclude(reason="", answer="").update(reason="", answer="")
    order.events.filter(kind__in=WORDS_OF_CUSTOMERS).anonymise(text=ERASED)
    for withdrawal in order.withdrawals.all():
        anonymise_withdrawal(withdrawal)
    get_model("payment", "Source").objects.filter(order=order).update(label="")
    _anonymise_documents(order, [DocumentKind.PACKING_SLIP])
    if has_invoice(order):
        anonymise_address(order.shipping_address)
        anonymise_address(order.billing_address)


def _forget_personal_texts(order: AbstractOrder) -> None:
    """Remove what buyers wrote on lines, which the lines' titles quote."""
    for line in order.lines.exclude(attributes=None).distinct():
        for choice in choices_of(line.attributes.select_related("option")):
            line.title = line.title.partition(f" ({choice.name}: ")[0]
        line.save(update_fields=["title"])
    get_model("order", "LineAttribute").objects.filter(line__order=order).update(value=ERASED)
    if order.basket_id:
        answers = get_model("basket", "LineAttribute").objects
        answers.filter(line__basket=order.basket_id).update(value=ERASED)


def has_invoice(order: Any) -> bool:
    """Whether an invoice has the buyer's name, so that the order need not."""
    return order.documents.filter(kind=DocumentKind.INVOICE).exists()


def anonymise_order(order: Any) -> None:
    """Remove everything that names the buyer, including invoice facts. Sums and products stay.

    For orders past their statutory term, and for those without a payment. Needs an open
    transaction.
    """
    forget_contacts(order)
    get_model("order", "Order").objects.filter(pk=order.pk).update(user=None)
    OrderTax.objects.filter(order=order).exclude(vat_number="").update(vat_number=ERASED)
    anonymise_address(order.shipping_address)
    anonymise_address(order.billing_address)
    _anonymise_documents(order, list(DocumentKind))


def anonymise_address(address: Any) -> None:
    """Clear an address of an order except the country. Accepts None."""
    if address is None:
        return
    AuditEntry.objects.filter(kind=address._meta.label_lower, object_id=str(address.pk)).anonymise(
        about=ERASED, changes={}
    )
    for name in NAMES:
        setattr(address, name, "")
    address.last_name = ERASED
    if hasattr(address, "phone_number"):
        address.phone_number, address.notes = "", ""
    address.save()


def anonymise_withdrawal(withdrawal: Any) -> None:
    """Remove the person from a withdrawal; the row stays."""
    withdrawal.name, withdrawal.email = ERASED, f"erased-{withdrawal.pk}@example.invalid"
    withdrawal.items = withdrawal.answer = ""
    withdrawal.save(update_fields=["name", "email", "items", "answer"])


def _anonymise_documents(order: AbstractOrder, kinds: list[DocumentKind]) -> None:
    personal = order.lines.exclude(attributes=None).values_list("title", flat=True).distinct()
    titles = [f"{title} (" for title in personal]
    for document in CommercialDocument.objects.filter(order=order, kind__in=kinds):
        facts = {**document.facts, "billed_to": [ERASED], "delivered_to": [ERASED]}
        if facts.get("customer_vat_number"):
            facts["customer_vat_number"] = ERASED
        for name in {"lines", "rest"} & facts.keys():
            facts[name] = [_without_personal_text(line, titles) for line in facts[name]]
        if facts != document.facts:
            CommercialDocument.objects.filter(pk=document.pk).anonymise(facts=facts)


def _without_personal_text(line: dict[str, Any], titles: list[str]) -> dict[str, Any]:
    """A document's line without what the buyer wrote, which follows one of the titles."""
    found = next((title for title in titles if line["title"].startswith(title)), "")
    return {**line, "title": found.removesuffix(" (")} if found else line
