"""Erasing a person: deleted data, data that must be retained, and what blocks an erasure."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import PaymentMove, StripeCustomer
from commerce.dashboard import personal_data
from commerce.models import (
    AuditEntry,
    GiftCard,
    OrderEvent,
    ReturnRequest,
    StockChange,
    Withdrawal,
)
from commerce.models.append_only import ERASED
from commerce.orders.provision import provide_automatically
from commerce.orders.shipments import ship
from commerce.privacy import erasure
from commerce.privacy.erasure import ErasureBlocked, erase, reasons_against_erasure
from commerce.privacy.orders import anonymise_order
from commerce.privacy.people import Person, person_at, person_of
from demo_gateway.models import DemoEvent
from tests.digital import make_gift_card
from tests.factories import make_order, make_paid_order, make_user
from tests.privacy import EMAIL, NAMES, deliver, make_ada, model_of, traces_of, write_on_order
from tests.signing import prove_again, sign_in

pytestmark = pytest.mark.django_db
User = get_user_model()
Option = get_model("catalogue", "Option")
#: Invoice data: number, totals, and the buyer.
BOOKS = {"commerce.commercialdocument.facts"}


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def delete_account(client):
    prove_again(client)
    return client.post(reverse("customer:profile-delete"), {"confirm": "on"})


def test_erased_person_remains_only_on_invoices(client, vase, django_capture_on_commit_callbacks):
    _user, order = make_ada(vase)
    sign_in(client)

    with django_capture_on_commit_callbacks(execute=True):
        response = delete_account(client)

    assert response.status_code == 302
    assert not User.objects.filter(email=EMAIL).exists()
    assert traces_of(*NAMES) == BOOKS
    assert order.documents.get(kind="invoice").facts["billed_to"][0] == "Ada Marsh"


def test_search_for_traces_finds_the_person_before_erasure(vase):
    make_ada(vase)

    found = traces_of(*NAMES)

    assert {
        "commerce.user.email", "address.useraddress.line1", "order.shippingaddress.notes",
        "commerce.outgoingmail.to", "reviews.productreview.name", "commerce.withdrawal.name",
        "commerce.orderevent.text", "demo_gateway.demointent.body",
    } <= found  # fmt: skip


def test_order_keeps_its_totals_and_products(client, vase):
    user, order = make_ada(vase)
    total, title = order.total_incl_tax, order.lines.get().title

    erase(person_of(user))

    order.refresh_from_db()
    assert (order.user, order.total_incl_tax, order.lines.get().title) == (None, total, title)
    assert order.shipping_address.country_id == "GB"


def test_what_the_person_wrote_on_lines_is_forgotten(client, vase):
    option = Option.objects.create(name="Engraving", code="engraving", type="text")
    vase.product_options.add(option)
    user = make_user(EMAIL)
    order = make_paid_order((vase, 1, {"engraving": "For Clotilde"}), user=user)
    ship(order.pk)
    deliver(order)
    assert order.lines.get().title == "Moon vase (Engraving: For Clotilde)"
    option.name, option.code = "Inscription", "inscription"
    option.save()

    erase(person_of(user))

    assert order.lines.get().title == "Moon vase"
    assert traces_of("Clotilde") == BOOKS  # the invoice, until its term is over
    slip = order.documents.get(kind="packing_slip")
    assert slip.facts["lines"][0]["title"] == "Moon vase"
    anonymise_order(order)
    assert traces_of("Clotilde") == set()


def test_gift_card_to_be_sent_blocks_and_a_sent_one_is_forgotten(client, shop):
    product = make_gift_card()
    user = make_user(EMAIL)
    order = make_paid_order((product, 1), user=user)
    provide_automatically(order.pk)
    GiftCard.objects.update(recipient="Clotilde", message="With love, Clotilde", status="waiting")
    with pytest.raises(ErasureBlocked):
        erase(person_of(user))
    GiftCard.objects.update(status="sent")

    erase(person_of(user))

    assert traces_of("Clotilde") == set()
    assert GiftCard.objects.get().value == Decimal("20.00")


@pytest.mark.parametrize(("status", "goes_to"), [("sent", ""), ("waiting", "bo@example.com")])
def test_recipient_of_a_gift_card_is_forgotten(shop, status, goes_to):
    product = make_gift_card()
    order = make_paid_order((product, 1), user=make_user("bo@example.com"))
    provide_automatically(order.pk)
    digest = GiftCard.objects.get().code_digest
    about = {"email": EMAIL, "recipient": "Clotilde", "message": "Dear Clotilde"}
    GiftCard.objects.update(status=status, **about)

    erase(person_at(EMAIL.upper()))

    card = GiftCard.objects.get()
    assert (card.email, card.recipient, card.message) == (goes_to, "", "")
    assert (card.value, card.code_digest) == (Decimal("20.00"), digest)


def test_review_stays_anonymously(client, vase):
    user, _order = make_ada(vase)

    erase(person_of(user))

    review = vase.reviews.get()
    assert (review.user, review.email, review.body) == (None, "", "Holds a lot")
    assert "Ada" not in str(review.reviewer_name)


def test_sign_ins_in_the_audit_log_lose_name_and_ip_address(client, vase):
    user = make_user(EMAIL)
    sign_in(client)
    key = str(user.pk)
    assert AuditEntry.objects.filter(object_id=key, act="signed-in").get().address

    delete_account(client)

    entry = AuditEntry.objects.filter(object_id=key, act="signed-in").get()
    assert (entry.about, entry.actor, entry.address) == (ERASED, ERASED, "")
    assert AuditEntry.objects.filter(object_id=key, act="erased").exists()


def leave(user):
    """Remove a user's roles, as an administrator does."""
    user.is_staff = False
    user.save()


def test_staff_member_is_removed_from_histories(vase):
    user = make_user("mina@example.com", first_name="Mina", last_name="Harker", is_staff=True)
    order = make_order(vase)
    OrderEvent.objects.create(
        order=order, kind="other", text="Packed", user=user, actor="Mina Harker"
    )
    StockChange.objects.create(sku="A", kind="edited", user=user, actor="Mina Harker")
    with pytest.raises(ErasureBlocked):
        erase(person_of(user))
    leave(user)

    erase(person_of(user))

    assert OrderEvent.objects.get(text="Packed").actor == ERASED
    assert traces_of("mina@", "Harker") == set()


def test_sessions_of_the_person_end_everywhere(client, db):
    make_user(EMAIL)
    other = type(client)()
    sign_in(client)
    sign_in(other)

    delete_account(client)

    assert other.get(reverse("customer:summary")).status_code == 302
    assert not model_of("usersessions.UserSession").objects.exists()


def test_customer_at_the_payment_provider_is_deleted_too(db, django_capture_on_commit_callbacks):
    from checkout_app.gateways.customers import get_or_create_customer
    from demo_gateway.models import DemoCustomer

    user = make_user(EMAIL)
    get_or_create_customer(user)

    with django_capture_on_commit_callbacks(execute=True):
        erase(person_of(user))

    assert not StripeCustomer.objects.exists()
    assert not DemoCustomer.objects.exists()


def test_payment_event_stays_without_its_actor(vase):
    user = make_user("mina@example.com", is_staff=True)
    order = deliver(make_paid_order((vase, 1)))
    move = PaymentMove.objects.create(attempt=order.attempts.get(), new_state="paid", user=user)
    leave(user)

    erase(person_of(user))

    move.refresh_from_db()
    assert move.user is None


@pytest.mark.parametrize("status", ["Pending payment", "Paid", "Packing", "Part shipped"])
def test_open_order_blocks(client, vase, status):
    user = make_user(EMAIL)
    make_order(vase, user=user, status=status)
    sign_in(client)

    page = client.get(reverse("customer:profile-delete"), follow=True)
    response = delete_account(client)

    assert page.status_code == 200
    assert "An order hasn’t been delivered yet." in response.text
    assert User.objects.filter(email=EMAIL).exists()


def test_blocked_erasure_changes_nothing(client, vase):
    user, order = make_ada(vase)
    make_order(vase, user=user, status="Paid")
    sign_in(client)
    before = traces_of(*NAMES)

    delete_account(client)

    assert client.get(reverse("customer:summary")).status_code == 200
    assert traces_of(*NAMES) == before


@pytest.mark.parametrize("state", ["requested", "approved", "received"])
def test_open_return_blocks(vase, state):
    user = make_user(EMAIL)
    order = make_order(vase, user=user, status="Delivered")
    ReturnRequest.objects.create(number="R-1", key="r-1", order=order, state=state)

    with pytest.raises(ErasureBlocked, match="A return is still open."):
        erase(person_of(user))


def test_unanswered_withdrawal_blocks(db):
    user = make_user(EMAIL)
    Withdrawal.objects.create(number="W-1", key="w-1", name="Ada", email=EMAIL, order_number="1")

    assert reasons_against_erasure(person_of(user)) == ["A withdrawal hasn’t been answered yet."]


def test_refund_under_way_blocks(vase):
    order = deliver(make_paid_order((vase, 1), user=make_user(EMAIL)))
    order.attempts.get().refunds.create(key="k", amount="5.00", reason="chipped")

    assert reasons_against_erasure(person_of(order.user)) == ["A refund hasn’t been paid yet."]


def test_last_administrator_cannot_be_erased(db):
    user = make_user(EMAIL, is_superuser=True)

    with pytest.raises(ErasureBlocked, match="only administrator"):
        erase(person_of(user))


def test_guest_is_erased_by_address(vase):
    order = deliver(make_paid_order((vase, 1), email=EMAIL))
    write_on_order(order)

    erase(person_at("ADA@example.com"))

    assert traces_of(*NAMES) == BOOKS


def test_unpaid_order_is_anonymised_at_once(vase):
    user = make_user(EMAIL)
    order = make_order(vase, user=user, status="Cancelled")
    address = model_of("order.BillingAddress").objects.create(
        first_name="Ada", last_name="Marsh", line1="12 Quay Street", country_id="GB"
    )
    type(order).objects.filter(pk=order.pk).update(billing_address=address)

    erase(person_of(user))

    assert traces_of(*NAMES) == set()


def test_unverified_address_reaches_no_other_persons_order(vase):
    stranger = make_user("mallory@example.com")
    stranger.emailaddress_set.create(email=EMAIL, verified=False)
    order = deliver(make_paid_order((vase, 1), email=EMAIL))

    erase(person_of(stranger))

    order.refresh_from_db()
    assert order.guest_email == EMAIL


@pytest.mark.parametrize("change", [{"act": "changed"}, {"about": "somebody"}])
def test_history_cannot_be_changed_otherwise(change, db):
    AuditEntry.objects.create(kind="door", object_id="1", about="x", act="failed")

    with pytest.raises(TypeError):
        AuditEntry.objects.all().anonymise(**change)


# --- Whole addresses ------------------------------------------------------------------------------


def note(**fields):
    return AuditEntry.objects.create(
        **{"kind": "door", "object_id": "", "act": "failed", "about": "x", **fields}
    )


def make_task(**fields):
    return model_of("django_tasks_database.DBTaskResult").objects.create(
        status="FAILED", finished_at=timezone.now(), enqueued_at=timezone.now(), priority=0,
        task_path="x", queue_name="default", backend_name="default", **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    "longer",
    ["ann@example.com", "a.n@example.com", "shop+n@example.com", "n@example.com.au", "n@example.community"],
)  # fmt: skip
def test_erasure_ignores_longer_addresses_that_contain_the_persons(longer, db):
    entry = note(about=longer, changes={"email": [longer, None]})
    task = make_task(args_kwargs={"args": ["1", longer], "kwargs": {}})
    event = DemoEvent.objects.create(event_id="e", body={"receipt_email": longer})

    erase(person_at("n@example.com"))

    entry.refresh_from_db()
    assert (entry.about, entry.changes) == (longer, {"email": [longer, None]})
    assert type(task).objects.filter(pk=task.pk).exists()
    assert DemoEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize(
    "text", ["N@Example.com", "to N@EXAMPLE.COM.", "<n@example.com>", "mail='n@example.com'"]
)
def test_erasure_finds_an_address_in_any_case_and_context(text, db):
    entry = note(about=text, changes={"note": [None, {"deep": [text]}]})
    make_task(args_kwargs={"args": ["1", text], "kwargs": {}})
    make_task(args_kwargs={}, traceback=text)
    DemoEvent.objects.create(event_id="e", body={"receipt_email": text})

    erase(person_at("n@example.com"))

    entry.refresh_from_db()
    assert (entry.about, entry.changes) == (ERASED, {"note": [None, {"deep": [ERASED]}]})
    assert traces_of("n@example.com") == set()
    assert not DemoEvent.objects.exists()


def test_non_ascii_address_is_found_in_json(db):
    entry = note(changes={"email": ["Jürgen@Example.com", None]})

    erase(person_at("jürgen@example.com"))

    entry.refresh_from_db()
    assert entry.changes == {"email": [ERASED, None]}


# --- Twice at once --------------------------------------------------------------------------------


def test_erasure_is_retried_after_a_conflict(vase, monkeypatch, django_capture_on_commit_callbacks):
    user, _order = make_ada(vase)
    write, calls = erasure.log_security_event, []

    def fail_once(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError(1213, "Deadlock found; database table is locked")
        write(*args, **kwargs)

    monkeypatch.setattr(erasure, "log_security_event", fail_once)

    with django_capture_on_commit_callbacks(execute=True):
        erase(person_of(user))

    assert len(calls) == 2
    assert traces_of(*NAMES) == BOOKS


def test_person_without_a_key_has_no_rows(vase):
    order = make_order(vase)
    gone = make_user(EMAIL)
    gone.delete()

    person = Person(user=gone)

    assert order.user is None
    assert not person.orders().exists()
    assert not AuditEntry.objects.filter(person.by_user("user")).exists()


def test_account_erased_meanwhile_shows_a_message(client, vase):
    user = make_user(EMAIL)
    person = person_of(user)
    erase(person_of(user))

    with pytest.raises(ErasureBlocked, match="already been erased"):
        erase(person)


def test_second_of_two_simultaneous_erasures_is_told(client, vase, monkeypatch):
    user = make_user(EMAIL)
    make_user("admin@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "admin@example.com")
    prove_again(client)
    both = personal_data.erase

    def erase_twice(person, **by):
        both(person, **by)
        both(person, **by)

    monkeypatch.setattr(personal_data, "erase", erase_twice)

    response = client.post(
        reverse("staff-user-privacy", args=[user.pk]),
        {"action": "erase", "confirm": "on"},
        follow=True,
    )

    assert response.status_code == 200
    assert "This account has already been erased." in response.text


# --- One way to delete people ---------------------------------------------------------------------


@pytest.fixture
def boss(client, site_root):
    """An administrator who has just signed in."""
    user = make_user("boss@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "boss@example.com")
    prove_again(client)
    return user


@pytest.mark.parametrize("method", ["get", "post"])
def test_deleting_a_user_in_wagtail_redirects_to_the_erasure_page(client, boss, method):
    user = make_user(EMAIL)

    url = reverse("wagtailusers_users:delete", args=[user.pk])
    response = getattr(client, method)(url, follow=True)

    assert response.redirect_chain == [(reverse("staff-user-privacy", args=[user.pk]), 302)]
    assert "Delete people here" in response.text
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("count", [1, 2])
def test_bulk_deletion_of_users_in_wagtail_erases_nobody(client, boss, count):
    users = [make_user(f"u{number}@example.com") for number in range(count)]
    keys = "&".join(f"id={user.pk}" for user in users)

    url = reverse("wagtail_bulk_action", args=["commerce", "user", "delete"])
    response = client.post(f"{url}?{keys}", {"next": "/admin/"})

    pages = {1: reverse("staff-user-privacy", args=[users[0].pk]), 2: "/admin/users/"}
    assert response.url == pages[count]
    assert User.objects.filter(pk__in=[user.pk for user in users]).count() == count


def test_groups_can_still_be_deleted_in_bulk(client, boss):
    group = Group.objects.create(name="Helpers")

    client.post(reverse("wagtailusers_groups:delete", args=[group.pk]))

    assert not Group.objects.filter(pk=group.pk).exists()
