"""The privacy part of ``commerce``: export sections, obstacles to an erasure, retention rules."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise, keep_lazy_text
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult
from oscar.core.loading import get_model

from commerce.audit.security import ACCOUNT, STAFF_PAGE
from commerce.models import (
    AuditEntry,
    ImportFilePart,
    ImportRow,
    ImportRun,
    OutgoingMail,
    SearchMiss,
    Withdrawal,
)
from commerce.privacy.erasure import OPEN_RETURNS, erase_shop_data, shop_blocks
from commerce.privacy.orders import (
    anonymise_order,
    anonymise_withdrawal,
    forget_contacts,
    open_orders,
    past_their_term,
    retention_years,
)
from commerce.privacy.parts import Part, Rule, parts
from commerce.privacy.people import ERASED
from commerce.privacy.plain_tables import PLAIN
from commerce.privacy.retention import days_ago, how_long
from commerce.privacy.sections import SECTIONS
from commerce.privacy.shop_tables import INVENTORY, TABLES


def _rows(label: str) -> QuerySet:
    return get_model(*label.split("."))._base_manager.all()


# --- Due ------------------------------------------------------------------------------------


def _mails_older_than(rule: str, at: datetime) -> QuerySet:
    """Mails in every state but waiting; parked ones count from the day they were written, too."""
    old = OutgoingMail.objects.filter(created_at__lt=days_ago(rule, at))
    return old.exclude(state=OutgoingMail.State.WAITING)


def _old_mail_texts(at: datetime) -> QuerySet:
    return _mails_older_than("mail-texts", at).exclude(body_text="", body_html="", last_error="")


def _old_audit_addresses(at: datetime) -> QuerySet:
    old = AuditEntry.objects.filter(created_at__lt=days_ago("audit-addresses", at))
    return old.exclude(address="")


def _old_sign_ins_of_customers(at: datetime) -> QuerySet:
    """Security entries neither caused by nor about staff.

    Erasures stay: they name nobody, and a restored backup needs them.
    """
    staff = get_user_model().objects.filter(
        Q(is_staff=True) | Q(is_superuser=True) | Q(groups__isnull=False)
    )
    keys = set(staff.values_list("pk", flat=True))
    old = AuditEntry.objects.filter(
        kind__in=[ACCOUNT, STAFF_PAGE], created_at__lt=days_ago("customer-sign-ins", at)
    )
    of_customers = old.exclude(object_id__in=[str(key) for key in keys])
    return of_customers.filter(Q(user=None) | ~Q(user__in=keys)).exclude(act=AuditEntry.Act.ERASED)


def _unconfirmed_alerts(at: datetime) -> QuerySet:
    model = get_model("customer", "ProductAlert")
    return model.objects.filter(
        status=model.UNCONFIRMED, date_created__lt=days_ago("unconfirmed-alerts", at)
    )


def _closed_alerts(at: datetime) -> QuerySet:
    model = get_model("customer", "ProductAlert")
    return model.objects.filter(
        status__in=(model.CLOSED, model.CANCELLED), date_created__lt=days_ago("closed-alerts", at)
    )


def _guest_baskets(at: datetime) -> QuerySet:
    """Unchanged baskets without an owner; one with a pending payment stays."""
    since = days_ago("guest-baskets", at)
    model = get_model("basket", "Basket")
    lines = get_model("basket", "Line").objects.filter(basket=OuterRef("pk"))
    old = model.objects.filter(owner=None, date_created__lt=since, open_attempt=None)
    in_use = Exists(lines.filter(date_updated__gte=since))
    return old.filter(~in_use, status__in=(model.OPEN, model.SAVED, model.MERGED))


def _old_orders_contacts(at: datetime) -> QuerySet:
    """Finished guest orders with contact details and no open return."""
    old = _rows("order.Order").filter(date_placed__lt=days_ago("order-contacts", at))
    says = (
        ~Q(guest_email="")
        | Q(notes__isnull=False)
        | Q(shipping_address__isnull=False)
        & (~Q(shipping_address__phone_number="") | ~Q(shipping_address__notes=""))
    )
    quiet = old.exclude(pk__in=open_orders(old, at=at)).exclude(returns__state__in=OPEN_RETURNS)
    return quiet.filter(says, user=None).distinct()


def _unmatched_withdrawals(at: datetime) -> QuerySet:
    old = Withdrawal.objects.filter(
        order=None, submitted_at__lt=days_ago("unmatched-withdrawals", at)
    )
    return old.exclude(state=Withdrawal.State.NEW).exclude(name=ERASED)


def _finished_tasks(at: datetime) -> QuerySet:
    done = Q(status="SUCCESSFUL", finished_at__lt=days_ago("finished-tasks", at))
    failed = Q(status="FAILED", finished_at__lt=days_ago("failed-tasks", at))
    return DBTaskResult.objects.filter(done | failed)


# --- What is done -----------------------------------------------------------------------------------


def _empty_mails(mails: QuerySet) -> None:
    """A parked mail expires with its text, so that nobody sends it empty."""
    mails.filter(state=OutgoingMail.State.PARKED).update(state=OutgoingMail.State.EXPIRED)
    mails.update(body_text="", body_html="", last_error="")


def _blank_addresses(entries: Any) -> None:
    entries.anonymise(address="")


def _expire(entries: Any) -> None:
    entries.expire()


def _forget_contacts(orders: QuerySet) -> None:
    for order in orders.select_for_update().order_by("pk"):
        forget_contacts(order)


def _anonymise_orders(orders: QuerySet) -> None:
    for order in orders.select_for_update().order_by("pk"):
        anonymise_order(order)
        for part in parts():
            part.anonymise_order(order)


def _anonymise_withdrawals(withdrawals: QuerySet) -> None:
    for withdrawal in withdrawals:
        anonymise_withdrawal(withdrawal)


@keep_lazy_text
def _term_of_books_in(words: str | Promise) -> Any:
    return words % {"years": retention_years()}


def _term_of_books() -> Promise:
    """The statutory term in words, as configured."""
    return _term_of_books_in(
        _("%(years)d years after the end of the financial year (`BOOKS_YEARS`)")
    )


DELETED, EMPTIED = _("deleted"), _("emptied; the row stays")
ANONYMISED = _("anonymised; sums and products stay")

RULES = (
    Rule(
        "expired-sessions",
        _("Sessions of browsers"),
        _("until they expire, 60 days after the last sign-in"),
        _("Expired sessions are useless."),
        DELETED,
        lambda at: _rows("sessions.Session").filter(expire_date__lt=at),
    ),
    Rule(
        "session-records",
        _("Session records: browser and network address"),
        how_long("session-records"),
        _("Only open sessions are listed."),
        DELETED,
        lambda at: _rows("usersessions.UserSession").filter(
            last_seen_at__lt=days_ago("session-records", at)
        ),
    ),
    Rule(
        "mail-texts",
        _("Texts of sent, failed or expired emails"),
        how_long("mail-texts"),
        _("Support answers questions about recent emails."),
        EMPTIED,
        _old_mail_texts,
        _empty_mails,
    ),
    Rule(
        "mails",
        _("Sent, failed or expired emails: subject, address, day"),
        how_long("mails"),
        _("They prevent duplicate emails and prove delivery."),
        DELETED,
        lambda at: _mails_older_than("mails", at),
    ),
    Rule(
        "account-mails",
        _("Copies of emails in the account"),
        how_long("account-mails"),
        _("They duplicate the emails."),
        DELETED,
        lambda at: _rows("communication.Email").filter(date_sent__lt=days_ago("account-mails", at)),
    ),
    Rule(
        "audit-addresses",
        _("Network addresses in the audit log"),
        how_long("audit-addresses"),
        _("Security incidents are investigated within that time."),
        EMPTIED,
        _old_audit_addresses,
        _blank_addresses,
    ),
    Rule(
        "customer-sign-ins",
        _("Sign-ins and other audit log entries about customers"),
        how_long("customer-sign-ins"),
        _("Attacks are detected within that time. Staff entries stay."),
        DELETED,
        _old_sign_ins_of_customers,
        _expire,
    ),
    Rule(
        "unconfirmed-alerts",
        _("Unconfirmed stock alerts"),
        how_long("unconfirmed-alerts"),
        _("The owner of the address may not have requested them."),
        DELETED,
        _unconfirmed_alerts,
    ),
    Rule(
        "closed-alerts",
        _("Sent or cancelled stock alerts"),
        how_long("closed-alerts"),
        _("They are no longer needed."),
        DELETED,
        _closed_alerts,
    ),
    Rule(
        "guest-baskets",
        _("Unchanged baskets without an account"),
        how_long("guest-baskets"),
        _("Their cookie has expired."),
        DELETED,
        _guest_baskets,
    ),
    Rule(
        "viewed-products",
        _("Products viewed by an account"),
        how_long("viewed-products"),
        _("Older ones are not used."),
        DELETED,
        lambda at: _rows("analytics.UserProductView").filter(
            date_created__lt=days_ago("viewed-products", at)
        ),
    ),
    Rule(
        "searches",
        _("Searches of an account"),
        how_long("viewed-products"),
        _("Older ones are not used."),
        DELETED,
        lambda at: _rows("analytics.UserSearch").filter(
            date_created__lt=days_ago("viewed-products", at)
        ),
    ),
    Rule(
        "search-misses",
        _("Searches without results"),
        how_long("search-misses"),
        _("They show what shoppers miss now, and may contain a name."),
        DELETED,
        lambda at: SearchMiss.objects.filter(last_at__lt=days_ago("search-misses", at)),
    ),
    Rule(
        "import-files",
        _("Uploaded files of imports"),
        how_long("import-files"),
        _("An interrupted import continues with them."),
        DELETED,
        lambda at: ImportFilePart.objects.filter(run__created_at__lt=days_ago("import-files", at)),
    ),
    Rule(
        "import-rows",
        _("What imports changed, row by row"),
        how_long("imports"),
        _("Until then an import can be undone."),
        DELETED,
        lambda at: ImportRow.objects.filter(run__created_at__lt=days_ago("imports", at)),
    ),
    Rule(
        "imports",
        _("Imports: file name, settings, numbers"),
        how_long("imports"),
        _("They explain the rows."),
        DELETED,
        lambda at: ImportRun.objects.filter(created_at__lt=days_ago("imports", at)),
    ),
    Rule(
        "finished-tasks",
        _("Finished background tasks; failed ones"),
        format_lazy("{}; {}", how_long("finished-tasks"), how_long("failed-tasks")),
        _("Staff investigate failures."),
        DELETED,
        _finished_tasks,
    ),
    Rule(
        "order-contacts",
        _("Phone number, delivery notes and email address of finished guest orders"),
        how_long("order-contacts"),
        _("Questions and complaints arrive within that time."),
        _("removed; the invoice stays"),
        _old_orders_contacts,
        _forget_contacts,
    ),
    Rule(
        "unmatched-withdrawals",
        _("Answered withdrawals without a matching order"),
        how_long("unmatched-withdrawals"),
        _("The customer may ask about them."),
        _("anonymised"),
        _unmatched_withdrawals,
        _anonymise_withdrawals,
    ),
    Rule(
        "orders",
        _("Orders, invoices and credit notes"),
        _term_of_books(),
        _("Tax law requires the records for that long."),
        ANONYMISED,
        lambda at: past_their_term(at=at),
        _anonymise_orders,
    ),
)

PART = Part(
    inventory={**PLAIN, **INVENTORY},
    tables=TABLES,
    sections=SECTIONS,
    blocks=shop_blocks,
    erase=erase_shop_data,
    rules=RULES,
)
