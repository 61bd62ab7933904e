"""Erases a person: the account and their data, except what the law requires the shop to store.

Nothing here depends on a request: the account's page, the dashboard and a command call the same
function. The caller has required a recent sign-in.
"""

import logging
from collections.abc import Iterator
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from commerce.accounts.sessions import end_sessions
from commerce.actor import is_staff
from commerce.audit.security import ACCOUNT, log_security_event
from commerce.models import (
    AuditEntry,
    GiftCard,
    ImportFilePart,
    ImportRow,
    ImportRun,
    OptionPrice,
    OrderEvent,
    OutgoingMail,
    ReturnRequest,
    StockChange,
    User,
    Withdrawal,
)
from commerce.privacy.mentions import keys_mentioning, rows_mentioning, without_mentions
from commerce.privacy.orders import (
    anonymise_order,
    anonymise_withdrawal,
    forget_contacts,
    has_invoice,
    open_orders,
)
from commerce.privacy.parts import parts
from commerce.privacy.people import ERASED, Person, person_of
from commerce.transactions import retry_transient

logger = logging.getLogger("vitrine.privacy")

OPEN_RETURNS = (
    ReturnRequest.State.REQUESTED,
    ReturnRequest.State.APPROVED,
    ReturnRequest.State.RECEIVED,
)
#: Imports whose rows are about no people. They have the most rows, and are not searched.
WITHOUT_PEOPLE = (ImportRun.Kind.PRODUCTS, ImportRun.Kind.STOCK, ImportRun.Kind.REDIRECTS)
#: The answers of a buyer that name or address a gift card's recipient.
ABOUT_RECIPIENTS = (
    OptionPrice.Meaning.EMAIL,
    OptionPrice.Meaning.RECIPIENT,
    OptionPrice.Meaning.MESSAGE,
)


class ErasureBlocked(Exception):
    """The person can't be erased yet. ``reasons`` are sentences for them."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


class AlreadyErased(ErasureBlocked):
    """The account was erased meanwhile."""

    def __init__(self) -> None:
        super().__init__([_("This account has already been erased.")])


def reasons_against_erasure(person: Person) -> list[str]:
    """Why a person can't be erased now, as sentences; empty if they can. Writes nothing."""
    return [str(reason) for part in parts() for reason in part.blocks(person)]


def shop_blocks(person: Person) -> Iterator[str]:
    """Open matters of the shop itself: orders, returns, withdrawals, the last administrator."""
    orders = person.orders()
    if count := open_orders(orders).count():
        yield ngettext(
            "An order hasn’t been delivered yet.",
            "%(count)d orders haven’t been delivered yet.",
            count,
        ) % {"count": count}
    returns = ReturnRequest.objects.filter(order__in=orders, state__in=OPEN_RETURNS)
    if returns.exists():
        yield _("A return is still open.")
    if person.withdrawals().filter(state=Withdrawal.State.NEW).exists():
        yield _("A withdrawal hasn’t been answered yet.")
    if person.user is not None and is_staff(person.user):
        yield _("This is a staff account. Ask someone else to remove its roles first.")
    if person.user is not None and person.user.is_superuser and not _other_admins(person).exists():
        yield _("This is the shop’s only administrator. Appoint another one first.")


def blocking_orders(person: Person) -> QuerySet:
    """The orders that block an account's erasure, newest first."""
    orders = person.orders().filter(person.by_user("user"))
    in_return = ReturnRequest.objects.filter(order__in=orders, state__in=OPEN_RETURNS)
    withdrawn = person.withdrawals().filter(state=Withdrawal.State.NEW)
    found = (
        Q(pk__in=open_orders(orders).values("pk"))
        | Q(pk__in=in_return.values("order"))
        | Q(pk__in=withdrawn.exclude(order=None).values("order"))
    )
    return orders.filter(found).order_by("-date_placed", "-pk")


def _other_admins(person: Person) -> QuerySet:
    others = get_user_model().objects.filter(is_superuser=True, is_active=True)
    return others.exclude(pk=person.user_id)


@retry_transient
def erase(person: Person, *, by: Any = None, address: str = "") -> None:
    """Erase a person permanently, completely or not at all. Raises ErasureBlocked or AlreadyErased.

    Locks the account, then its orders by key, and checks for open orders afterwards: an order
    placed meanwhile either blocks the erasure or waits for it. Cards at the payment provider are
    deleted after the commit. ``by`` is the member of staff, None for the person; the audit log
    stores that and the account's key.
    """
    with transaction.atomic(durable=True):
        person = _locked(person)
        orders = list(person.orders().select_for_update().order_by("pk"))
        if reasons := reasons_against_erasure(person):
            raise ErasureBlocked(reasons)
        for part in parts():
            part.erase(person)
        for order in orders:
            if is_needed_for_accounting(order):
                forget_contacts(order)
            else:
                anonymise_order(order)
        key = person.user_id
        if person.user is not None:
            _delete_account(person.user)
        log_security_event(
            AuditEntry.Act.ERASED,
            about=ERASED,
            object_id=key or "",
            user=by,
            address=address if by is not None else "",
        )
    logger.info("erased: %s", f"account {key}" if key else "a guest")


def _locked(person: Person) -> Person:
    """The person with the current, locked account. The caller's copy has its key for a retry."""
    if person.user is None:
        return person
    user = get_user_model().objects.select_for_update().filter(pk=person.user_id).first()
    if user is None:
        raise AlreadyErased
    return person_of(user)


def _delete_account(user: User) -> None:
    """Clear the name before deleting: the audit log records the names of deleted staff."""
    user.email, user.first_name, user.last_name = f"erased-{user.pk}@example.invalid", "", ""
    user.delete()


def is_needed_for_accounting(order: Any) -> bool:
    """Whether money was taken for an order, so that accounting needs it."""
    return (
        has_invoice(order)
        or get_model("payment", "Source").objects.filter(order=order, amount_debited__gt=0).exists()
    )


def erase_shop_data(person: Person) -> None:
    """Remove what ``commerce`` stores about a person besides their orders and account."""
    for withdrawal in person.withdrawals():
        anonymise_withdrawal(withdrawal)
    _forget_recipient(person)
    _erase_import_rows(person)
    _erase_mails(person)
    _anonymise_reviews(person)
    alerts = get_model("customer", "ProductAlert").objects
    alerts.filter(person.by_user("user") | person.by_email("email")).delete()
    shares = get_model("wishlists", "WishListSharedEmail").objects
    shares.filter(person.by_email("email")).delete()
    _erase_tasks(person)
    anonymise_histories(person)
    if person.user is None:
        return
    uses = get_model("voucher", "VoucherApplication").objects
    uses.filter(user=person.user_id).update(user=None)
    # Staff notes on other people's orders would be deleted with the account.
    notes = get_model("order", "OrderNote").objects
    notes.filter(user=person.user_id).update(user=None)
    end_sessions(person.user)


def _forget_recipient(person: Person) -> None:
    """Gift cards that others bought for the person: those still to be sent go to their buyers.

    Locks their orders, because a payment makes the cards from what the order's lines say.
    """
    _forget_gift_answers(person)
    for card in GiftCard.objects.filter(person.by_email("email")).select_related("line__order"):
        is_waiting = card.status == GiftCard.Status.WAITING
        card.email = card.line.order.email if card.line and is_waiting else ""
        card.recipient = card.message = ""
        card.save(update_fields=["email", "recipient", "message"])


def _forget_gift_answers(person: Person) -> None:
    """Empty what lines of baskets and orders say about the person as a gift card's recipient.

    The day stays: the card goes to the buyer when they wanted it sent.
    """
    for label in ("order", "basket"):
        answers = get_model(label, "LineAttribute").objects.filter(
            option__pricing__meaning__in=ABOUT_RECIPIENTS
        )
        addresses = answers.filter(option__pricing__meaning=OptionPrice.Meaning.EMAIL)
        lines = {
            row.line_id
            for row in cast(Iterator[Any], rows_mentioning(addresses, "value", person.emails))
            if str(row.value).strip().lower() in person.emails
        }
        if label == "order":
            orders = get_model("order", "Order").objects.select_for_update().order_by("pk")
            list(orders.filter(pk__in=answers.filter(line__in=lines).values("line__order")))
        answers.filter(line__in=lines).update(value="")


def _erase_import_rows(person: Person) -> None:
    """Delete what imports changed of the person, and the uploaded files of those imports.

    An import that still needs its file stops and says that the file is gone: continued, it might
    make the account again. Undoing it leaves out the deleted rows.
    """
    Kind = ImportRun.Kind
    reviews = get_model("reviews", "ProductReview").objects
    theirs = reviews.filter(person.by_user("user") | person.by_email("email"))
    rows = ImportRow.objects.exclude(run__kind__in=WITHOUT_PEOPLE)
    found = Q(run__kind=Kind.ORDERS, object_id__in=[order.pk for order in person.orders()])
    found |= Q(run__kind=Kind.REVIEWS, object_id__in=[review.pk for review in theirs])
    if person.user_id is not None:
        found |= Q(run__kind=Kind.CUSTOMERS, object_id=person.user_id)
    keys = set(rows.filter(found).values_list("pk", flat=True))
    for field in ("identity", "before", "after", "problems", "remarks"):
        keys |= keys_mentioning(rows, field, person.emails)
    runs = set(ImportRow.objects.filter(pk__in=keys).values_list("run", flat=True))
    ImportFilePart.objects.filter(run__in=runs).delete()
    ImportRow.objects.filter(pk__in=keys).delete()


def _erase_mails(person: Person) -> None:
    mails = person.by_user("user") | person.by_email("to")
    OutgoingMail.objects.filter(mails).delete()
    sent = get_model("communication", "Email").objects
    sent.filter(person.by_user("user") | person.by_email("email")).delete()


def _anonymise_reviews(person: Person) -> None:
    """Remove the author from reviews. Saved one by one: signals invalidate their pages."""
    reviews = get_model("reviews", "ProductReview").objects
    for review in reviews.filter(person.by_user("user") | person.by_email("email")):
        review.user, review.email, review.homepage = None, "", ""
        review.name = _("A customer")
        review.save()


def _erase_tasks(person: Person) -> None:
    """Delete finished rows of the queue that mention an address.

    Task arguments are keys, but errors may quote an address, and older rows contain some.
    """
    from django_tasks_db.models import DBTaskResult

    done = DBTaskResult.objects.exclude(finished_at=None)
    for field in ("args_kwargs", "traceback"):
        DBTaskResult.objects.filter(pk__in=keys_mentioning(done, field, person.emails)).delete()


def anonymise_histories(person: Person) -> None:
    """Remove a person from histories, which are never deleted (``AppendOnly.anonymise``)."""
    if person.user is not None:
        for model in (StockChange, OrderEvent):
            model.objects.filter(user=person.user_id).exclude(actor="").anonymise(actor=ERASED)
        # Names stay on decisions about prices, roles or offers.
        own = AuditEntry.objects.filter(
            user=person.user_id, kind__in=[ACCOUNT, person.user._meta.label_lower]
        )
        own.exclude(actor="").anonymise(actor=ERASED)
        AuditEntry.objects.filter(user=person.user_id).anonymise(address="")
        _anonymise_entries_about(person.user)
    mentioned = keys_mentioning(AuditEntry.objects.all(), "about", person.emails)
    AuditEntry.objects.filter(pk__in=mentioned).anonymise(about=ERASED)
    entries = rows_mentioning(AuditEntry.objects.all(), "changes", person.emails)
    for entry in cast(list[AuditEntry], list(entries)):
        changes = without_mentions(entry.changes, person.emails)
        AuditEntry.objects.filter(pk=entry.pk).anonymise(changes=changes)


def _anonymise_entries_about(user: User) -> None:
    """Entries about the account, including its former addresses."""
    kind = user._meta.label_lower
    about = AuditEntry.objects.filter(kind__in=[ACCOUNT, kind], object_id=str(user.pk))
    about.anonymise(about=ERASED, address="")
    for entry in about.filter(kind=kind, changes__has_key="email"):
        emails = [value and ERASED for value in entry.changes["email"]]
        changes = {**entry.changes, "email": emails}
        AuditEntry.objects.filter(pk=entry.pk).anonymise(changes=changes)
