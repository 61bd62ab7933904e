"""Retention rules delete what is due, keep the rest, and change nothing in a dry run."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone

from commerce.accounts import unverified
from commerce.models import (
    AuditEntry,
    OrderEvent,
    OutgoingMail,
    ReturnRequest,
    SearchMiss,
    StockChange,
    Withdrawal,
)
from commerce.models.append_only import ERASED
from commerce.privacy import retention
from commerce.privacy.orders import books_end, past_their_term
from commerce.privacy.parts import Rule, all_rules
from commerce.privacy.retention import apply_rules
from demo_gateway.models import DemoEvent, DemoRequest
from tests.factories import make_basket, make_paid_order, make_product, make_user
from tests.privacy import EMAIL, NAMES, deliver, model_of, traces_of, write_on_order
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(**time):
    return NOW - timedelta(**time)


def aged(row, **fields):
    """Overwrite columns of the row that Django sets automatically."""
    type(row)._base_manager.filter(pk=row.pk).update(**fields)
    return row


def old_session(when):
    return model_of("sessions.Session").objects.create(
        session_key=f"k{when:%s}", session_data="x", expire_date=when
    )


def old_record(when):
    row = model_of("usersessions.UserSession").objects.create(
        user=make_user(f"u{when:%s}@example.com"), ip="192.0.2.1", session_key=f"k{when:%s}"
    )
    return aged(row, last_seen_at=when)


def old_mail(when):
    row = OutgoingMail.objects.create(
        key=f"m{when:%s}", to=EMAIL, subject="s", state="sent", sent_at=when
    )
    return aged(row, created_at=when)


def old_copy(when):
    row = model_of("communication.Email").objects.create(email=EMAIL, subject="s", body_text="t")
    return aged(row, date_sent=when)


def old_alert(status):
    def make(when):
        row = model_of("customer.ProductAlert").objects.create(
            email=EMAIL, product=make_product("Pot", price="1.00"), status=status
        )
        return aged(row, date_created=when, status=status)  # Oscar creates it as unconfirmed

    return make


def old_basket(when):
    return aged(model_of("basket.Basket").objects.create(), date_created=when)


def old_look(when):
    row = model_of("analytics.UserProductView").objects.create(
        user=make_user(f"v{when:%s}@example.com"), product=make_product("Jar", price="1.00")
    )
    return aged(row, date_created=when)


def old_search(when):
    row = model_of("analytics.UserSearch").objects.create(
        user=make_user(f"s{when:%s}@example.com"), query="jar"
    )
    return aged(row, date_created=when)


def old_miss(when):
    return SearchMiss.objects.create(words=f"w{when:%s}", last_at=when)


def old_task(status):
    def make(when):
        return model_of("django_tasks_database.DBTaskResult").objects.create(
            status=status, finished_at=when, enqueued_at=when, args_kwargs={}, priority=0,
            task_path="x", queue_name="default", backend_name="default",
        )  # fmt: skip

    return make


def old_event(when):
    return DemoEvent.objects.create(
        event_id=f"e{when:%s}", body={}, created_at=when, delivered_at=when
    )


def old_request(when):
    return DemoRequest.objects.create(
        key=f"r{when:%s}", fingerprint="f", status=200, answer={}, created_at=when
    )


DELETING = [
    ("expired-sessions", old_session, 0),
    ("session-records", old_record, 60),
    ("mails", old_mail, 730),
    ("account-mails", old_copy, 90),
    ("unconfirmed-alerts", old_alert("Unconfirmed"), 7),
    ("closed-alerts", old_alert("Closed"), 90),
    ("closed-alerts", old_alert("Cancelled"), 90),
    ("guest-baskets", old_basket, 60),
    ("viewed-products", old_look, 90),
    ("searches", old_search, 90),
    ("search-misses", old_miss, 90),
    ("finished-tasks", old_task("SUCCESSFUL"), 14),
    ("finished-tasks", old_task("FAILED"), 90),
    ("demo-events", old_event, 30),
    ("demo-requests", old_request, 30),
]


@pytest.mark.parametrize(("rule", "make", "days"), DELETING)
def test_rows_are_deleted_when_due(shop, rule, make, days):
    gone, stays = make(ago(days=days, hours=1)), make(NOW - timedelta(days=days, hours=-1))
    rows = type(gone)._base_manager.filter(pk__in=[gone.pk, stays.pk])

    counted = {outcome.name: outcome.rows for outcome in apply_rules(at=NOW)}

    assert list(rows) == [stays]
    assert counted[rule] == 1


def test_active_alert_and_basket_in_use_stay(vase):
    alert = old_alert("Active")(ago(days=900))
    basket = aged(make_basket((vase, 1)), date_created=ago(days=900))

    list(apply_rules(at=NOW))

    assert type(alert).objects.filter(pk=alert.pk).exists()
    assert type(basket).objects.filter(pk=basket.pk).exists()


def test_basket_of_an_account_is_kept(shop):
    basket = aged(make_basket(owner=make_user()), date_created=ago(days=900))

    list(apply_rules(at=NOW))

    assert type(basket).objects.filter(pk=basket.pk).exists()


def make_mail(key, state, *, days):
    texts = {"subject": "Hello", "body_text": "Dear Ada", "body_html": "<p>Ada"}
    row = OutgoingMail.objects.create(key=key, to=EMAIL, state=state, last_error="ada@", **texts)
    return aged(row, created_at=ago(days=days))


@pytest.mark.parametrize("state", ["sent", "parked", "expired"])
def test_mail_bodies_are_deleted_and_their_rows_kept(db, state):
    make_mail("old", state, days=91)
    make_mail("young", state, days=89)
    make_mail("waits", "waiting", days=91)

    list(apply_rules(at=NOW))

    bodies = dict(OutgoingMail.objects.values_list("key", "body_text"))
    assert bodies == {"old": "", "young": "Dear Ada", "waits": "Dear Ada"}
    old = OutgoingMail.objects.get(key="old")
    assert (old.subject, old.body_html, old.last_error) == ("Hello", "", "")
    assert old.state != "parked"


@pytest.mark.parametrize("state", ["sent", "parked", "expired"])
def test_mails_of_every_state_but_waiting_are_deleted(db, state):
    make_mail("old", state, days=731)
    make_mail("waits", "waiting", days=731)

    list(apply_rules(at=NOW))

    assert set(OutgoingMail.objects.values_list("key", flat=True)) == {"waits"}


def test_ip_addresses_in_the_audit_log_are_deleted_and_its_rows_kept(db):
    fields = {"kind": "door", "object_id": "1", "about": "x", "act": "failed"}
    AuditEntry.objects.create(address="192.0.2.1", created_at=ago(days=91), **fields)
    AuditEntry.objects.create(address="192.0.2.2", created_at=ago(days=89), **fields)

    list(apply_rules(at=NOW))

    doors = AuditEntry.objects.filter(kind="door", object_id="1").order_by("pk")
    assert list(doors.values_list("address", flat=True)) == ["", "192.0.2.2"]


def test_audit_entries_about_customers_are_deleted_after_a_year(db):
    ada, clerk = make_user(EMAIL), make_user("clerk@example.com", is_staff=True)
    editor = make_user("editor@example.com")
    editor.groups.add(Group.objects.create(name="Editors of pages"))
    AuditEntry.objects.all()._raw_delete("default")

    def note(name, *, days=366, user=None, of=None, kind="door", act="signed-in"):
        AuditEntry.objects.create(
            kind=kind, object_id=of.pk if of else "", about=name, act=act, user=user,
            created_at=ago(days=days),
        )  # fmt: skip

    note("her sign-in", user=ada, of=ada)
    note("a wrong password", of=ada, act="failed")
    note("nobody's account", act="failed")
    note("POST /dashboard/", user=ada, kind="staff-page", act="refused")
    note("POST /dashboard/users/", user=clerk, kind="staff-page", act="refused")
    note("a young sign-in", user=ada, of=ada, days=364)
    note("a clerk's sign-in", user=clerk, of=clerk)
    note("a wrong password of a clerk", of=clerk, act="failed")
    note("an editor's sign-in", user=editor, of=editor)
    note("what a clerk did", user=clerk, of=ada, act="exported")
    note("an erasure", of=ada, act="erased")
    note("a price", kind="partner.stockrecord", act="changed")

    list(apply_rules(at=NOW))

    assert set(AuditEntry.objects.values_list("about", flat=True)) == {
        "a young sign-in", "a clerk's sign-in", "a wrong password of a clerk", "an editor's sign-in",
        "what a clerk did", "an erasure", "a price", "POST /dashboard/users/",
    }  # fmt: skip


@pytest.mark.parametrize("model", [OrderEvent, StockChange])
def test_other_histories_never_expire(db, model):
    with pytest.raises(TypeError):
        model.objects.all().expire()


# --- Rows that change while a rule runs ---------------------------------------------------------------


def misses_rule(act):
    return Rule("x", "", "", "", "", lambda at: SearchMiss.objects.filter(count__lt=5), act)


def test_row_that_is_no_longer_due_is_kept(db, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    for word in ("a", "b", "c"):
        SearchMiss.objects.create(words=word, last_at=NOW, count=1)

    def act(rows):
        rows.delete()
        SearchMiss.objects.filter(words="b").update(count=9)

    rule = misses_rule(act)
    assert retention._apply(rule, NOW) == 2

    assert list(SearchMiss.objects.values_list("words", flat=True)) == ["b"]


def test_row_that_changes_before_it_is_locked_is_kept(db):
    miss = SearchMiss.objects.create(words="a", last_at=NOW, count=1)
    rule = misses_rule(lambda rows: rows.delete())
    keys = retention._next_keys(rule.due(NOW), after=None)
    SearchMiss.objects.update(count=9)

    assert retention._apply_batch(rule, NOW, keys) == 0

    assert SearchMiss.objects.filter(pk=miss.pk).exists()


def test_rule_checks_its_exclusions_again(db):
    first = SearchMiss.objects.create(words="a", last_at=NOW)
    used = set()

    def due(at):
        return SearchMiss.objects.exclude(pk__in=list(used))

    rule = Rule("x", "", "", "", "", due, lambda rows: rows.delete())
    keys = retention._next_keys(rule.due(NOW), after=None)
    used.add(first.pk)

    assert retention._apply_batch(rule, NOW, keys) == 0


def test_rule_that_leaves_its_rows_due_stops(db, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for word in "abcde":
        SearchMiss.objects.create(words=word, last_at=NOW, count=1)
    rule = misses_rule(lambda rows: None)

    assert retention._apply(rule, NOW) == 5


def test_account_verified_meanwhile_is_kept(db, monkeypatch):
    user = aged(make_user(EMAIL), date_joined=ago(days=2))
    user.emailaddress_set.update(verified=False)
    check = unverified._delete_if_still_waiting

    def prove_first(waiting, key):
        user.emailaddress_set.update(verified=True)
        return check(waiting, key)

    monkeypatch.setattr(unverified, "_delete_if_still_waiting", prove_first)

    assert unverified.delete_unverified_accounts() == 0

    assert type(user).objects.filter(pk=user.pk).exists()


def test_contacts_of_old_guest_orders_are_deleted_and_the_invoice_kept(vase, mug):
    old = deliver(make_paid_order((vase, 1), email=EMAIL))
    write_on_order(old)
    aged(old, date_placed=ago(days=731))
    young = deliver(make_paid_order((mug.children.first(), 1), email="eve@example.com"))

    list(apply_rules(at=NOW))

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.guest_email, young.guest_email) == ("", "eve@example.com")
    assert str(old.shipping_address.phone_number) == old.shipping_address.notes == ""
    assert old.documents.get(kind="invoice").facts["billed_to"][0] == "Ada Marsh"


def test_old_order_with_an_open_return_keeps_its_contacts(vase):
    order = deliver(make_paid_order((vase, 1), email=EMAIL))
    ReturnRequest.objects.create(number="R-1", key="r-1", order=order)
    aged(order, date_placed=ago(days=731))

    list(apply_rules(at=NOW))

    order.refresh_from_db()
    assert order.guest_email == EMAIL


def test_answered_withdrawal_without_an_order_is_anonymised(db):
    fields = {
        "name": "Ada Marsh",
        "email": EMAIL,
        "order_number": "?",
        "submitted_at": ago(days=731),
    }
    Withdrawal.objects.create(number="W-1", key="1", state="refused", **fields)
    Withdrawal.objects.create(number="W-2", key="2", state="new", **fields)

    list(apply_rules(at=NOW))

    names = dict(Withdrawal.objects.values_list("number", "name"))
    assert names == {"W-1": ERASED, "W-2": "Ada Marsh"}


# --- The statutory term -------------------------------------------------------------------------------


@pytest.mark.parametrize(("today", "end"), [
    ("2026-11-28", "2020-01-01"),
    ("2026-12-31", "2020-01-01"),
    ("2027-01-01", "2021-01-01"),
])  # fmt: skip
def test_books_are_retained_six_years_after_the_financial_year(today, end):
    at = datetime.fromisoformat(f"{today}T12:00").replace(tzinfo=UTC)

    assert books_end(at=at).date().isoformat() == end


@pytest.mark.parametrize(
    ("today", "end"), [("2026-04-05", "2019-04-06"), ("2026-04-06", "2020-04-06")]
)
def test_end_of_the_financial_year_is_configurable(settings, today, end):
    settings.FINANCIAL_YEAR_END = (4, 5)
    at = datetime.fromisoformat(f"{today}T12:00").replace(tzinfo=UTC)

    assert books_end(at=at).date().isoformat() == end


def make_old(order, days=3000):
    """Backdate an order and its documents."""
    from commerce.models import CommercialDocument

    when = ago(days=days)
    aged(order, date_placed=when)
    super(type(CommercialDocument.objects.all()), order.documents.all()).update(issued_at=when)
    return order


def test_order_past_its_term_is_anonymised_and_keeps_its_totals(vase):
    order = make_old(deliver(make_paid_order((vase, 1), email=EMAIL)))
    total = order.documents.get(kind="invoice").facts["gross"]

    list(apply_rules(at=NOW))
    model_of("commerce.OutgoingMail").objects.all().delete()
    DemoEvent.objects.all().delete()
    DemoRequest.objects.all().delete()

    assert traces_of(*NAMES) == set()
    assert order.documents.get(kind="invoice").facts["gross"] == total


def test_order_of_an_account_is_unlinked_after_its_term(vase):
    order = make_old(deliver(make_paid_order((vase, 1), user=make_user(EMAIL))))

    list(apply_rules(at=NOW))

    order.refresh_from_db()
    assert order.user is None


def test_order_is_kept_until_its_last_credit_note_is_due(vase):
    order = make_old(deliver(make_paid_order((vase, 1), email=EMAIL)))
    invoice = order.documents.get(kind="invoice")
    order.documents.create(
        kind="credit_note", number="CN-1", key="cn-1", facts=invoice.facts, issued_at=ago(days=30)
    )

    assert not past_their_term(at=NOW).exists()


def test_second_run_finds_nothing(vase):
    make_old(deliver(make_paid_order((vase, 1), email=EMAIL)))
    list(apply_rules(at=NOW))

    again = {outcome.name: outcome.rows for outcome in apply_rules(at=NOW)}

    assert {name: rows for name, rows in again.items() if rows} == {}


# --- The command, the clock, the page -----------------------------------------------------------------


def test_dry_run_counts_and_changes_nothing(db):
    old_session(ago(hours=1))
    output = StringIO()

    call_command("apply_retention", "--dry-run", stdout=output)

    assert "expired-sessions: 1" in output.getvalue()
    assert model_of("sessions.Session").objects.count() == 1


def test_command_and_task_apply_the_rules(db, settings):
    from commerce.privacy.tasks import apply_retention

    old_session(ago(hours=1))
    call_command("apply_retention", stdout=StringIO())
    assert model_of("sessions.Session").objects.count() == 0

    old_session(ago(hours=2))
    apply_retention.call()

    assert model_of("sessions.Session").objects.count() == 0
    assert (86_400, "commerce.privacy.tasks.apply_retention") in settings.SCHEDULE


def test_rules_have_unique_names():
    names = [rule.name for rule in all_rules()]

    assert len(names) == len(set(names))


def test_order_rule_shows_the_configured_years(settings):
    settings.BOOKS_YEARS = 10

    rules = {rule.name: rule for rule in all_rules()}

    assert str(rules["orders"].how_long).startswith("10 years after")


def test_page_lists_the_rules():
    text = Path(ROOT, "docs/privacy.md").read_text("utf-8")

    missing = [
        line
        for rule in all_rules()
        for line in [f"| {rule.what} | {rule.how_long} | {rule.why} | {rule.done} |"]
        if line not in text
    ]

    assert missing == []
