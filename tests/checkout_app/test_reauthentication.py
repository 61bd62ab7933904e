"""Staff sign in again before large refunds, changes to accounts, and exports."""

import time
from decimal import Decimal

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.urls import reverse

from checkout_app.dashboard.work_queue import KINDS
from checkout_app.models import RefundRequest
from commerce.accounts.reauthentication import SIGNED_IN_AT
from home.staff.roles import create_page_roles
from tests.factories import PASSWORD, make_paid_order, make_user
from tests.signing import let_sign_in_age, prove_again, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
User = get_user_model()
PROVE = "/accounts/reauthenticate/"


@pytest.fixture
def admin(client):
    user = make_user("admin@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "admin@example.com")
    let_sign_in_age(client)
    return user


@pytest.fixture
def order(mug):
    """Three cups at £24.00, paid."""
    return make_paid_order((mug.children.order_by("pk").first(), 3))


def prove(client, response):
    """Type the password on the page that a request was redirected to; return the response."""
    assert response.url.startswith(PROVE)
    following = (
        response.url.split("next=")[1].replace("%2F", "/").replace("%3F", "?").replace("%3D", "=")
    )
    return client.post(PROVE, {"password": PASSWORD, "next": following})


def pay_back(client, order, extra, query=""):
    url = reverse("order-refund", args=[order.number]) + query
    key = client.get(url).context["form"]["key"].value()
    return client.post(url, {"extra": extra, "reason": "chipped on the way", "key": key})


def test_small_refund_needs_no_sign_in(client, admin, order):
    pay_back(client, order, "20.00")

    assert RefundRequest.objects.get().amount == Decimal("20.00")


@pytest.mark.parametrize("query", ["", "?return=0"])
def test_large_refund_needs_a_sign_in_and_keeps_the_form(client, admin, order, settings, query):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")

    response = pay_back(client, order, "60.00", query)
    assert not RefundRequest.objects.exists()
    response = prove(client, response)

    assert response.url == reverse("dashboard:order-detail", args=[order.number])
    refund = RefundRequest.objects.get()
    assert (refund.amount, refund.reason, refund.user) == (
        Decimal("60.00"), "chipped on the way", admin,
    )  # fmt: skip


def test_many_small_refunds_of_an_order_count_as_a_large_one(client, admin, order, settings):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")
    pay_back(client, order, "30.00")

    response = pay_back(client, order, "30.00")

    assert response.url.startswith(PROVE)
    assert RefundRequest.objects.count() == 1


def test_large_refund_right_after_signing_in_needs_no_other_sign_in(client, admin, order, settings):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")
    client.logout()
    sign_in(client, "admin@example.com")

    pay_back(client, order, "60.00")

    assert RefundRequest.objects.get().amount == Decimal("60.00")


def test_sign_in_counts_for_five_minutes(client, admin, order, settings):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")
    session = client.session
    session[SIGNED_IN_AT] = int(time.time()) - 301
    session.save()

    assert pay_back(client, order, "60.00").url.startswith(PROVE)


def test_typing_the_password_again_renews_the_key_of_the_session(client, admin):
    before = client.session.session_key
    began = UserSession.objects.get(session_key=before).created_at

    prove_again(client)

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert UserSession.objects.get(user=admin).created_at == began


def test_wrong_password_refunds_nothing(client, admin, order, settings):
    settings.REFUND_REAUTH_OVER = Decimal("0")
    response = pay_back(client, order, "10.00")

    client.post(PROVE, {"password": "wrong-password-1", "next": response.url})

    assert not RefundRequest.objects.exists()


def test_proof_lasts_five_minutes(client, admin, order, settings, monkeypatch):
    settings.REFUND_REAUTH_OVER = Decimal("0")
    prove(client, pay_back(client, order, "10.00"))
    pay_back(client, order, "10.00")
    assert RefundRequest.objects.count() == 2
    later = time.time() + 301
    monkeypatch.setattr("allauth.account.internal.flows.reauthentication.time.time", lambda: later)

    assert pay_back(client, order, "10.00").url.startswith(PROVE)


def test_changing_a_users_roles_needs_a_sign_in_and_keeps_the_form(client, admin, site_root):
    person = make_user("clerk@example.com", first_name="Old", last_name="Name")
    group = Group.objects.create(name="Helpers")
    url = reverse("wagtailusers_users:edit", args=[person.pk])
    assert client.get(url).status_code == 200

    response = client.post(
        url,
        {"email": person.email, "first_name": "Grace", "last_name": "Fen", "is_active": "on", "groups": [group.pk]},
    )  # fmt: skip
    person.refresh_from_db()
    assert person.first_name == "Old"
    prove(client, response)

    person.refresh_from_db()
    assert person.get_full_name() == "Grace Fen"
    assert list(person.groups.all()) == [group]


def test_form_with_a_password_is_not_stored(client, admin, site_root):
    person = make_user("clerk@example.com")
    url = reverse("wagtailusers_users:edit", args=[person.pk])

    response = client.post(
        url,
        {"email": person.email, "first_name": "Grace", "last_name": "Fen", "is_active": "on", "password1": "kettle orbit plum", "password2": "kettle orbit plum"},
    )  # fmt: skip
    assert "kettle" not in str(dict(client.session))
    response = prove(client, response)

    assert response.url == url
    assert "to fill in the form again" in client.get(url).content.decode()
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("wagtailusers_users:add", []),
        ("wagtailusers_users:delete", ["person"]),
        ("wagtailusers_groups:add", []),
        ("wagtailusers_groups:edit", ["group"]),
        ("wagtailusers_groups:delete", ["group"]),
        ("dashboard:users-index", []),
    ],
)
def test_every_change_to_users_needs_a_sign_in(client, admin, site_root, name, args):
    rows = {"person": make_user("clerk@example.com"), "group": Group.objects.create(name="Helpers")}

    response = client.post(
        reverse(name, args=[rows[arg].pk for arg in args]), {"action": "make_inactive"}
    )

    assert response.url.startswith(PROVE)
    assert User.objects.filter(email="clerk@example.com", is_active=True).exists()
    assert Group.objects.filter(name="Helpers").exists()


@pytest.mark.parametrize("action", ["delete", "assign_role", "set_active_state"])
def test_bulk_changes_to_users_need_a_sign_in(client, admin, site_root, action):
    person = make_user("clerk@example.com")
    url = reverse("wagtail_bulk_action", args=["commerce", "user", action])

    response = client.post(f"{url}?id={person.pk}")

    assert response.url.startswith(PROVE)
    assert User.objects.filter(pk=person.pk).exists()


def test_viewing_users_needs_no_sign_in(client, admin, site_root):
    assert client.get(reverse("wagtailusers_users:index")).status_code == 200


def test_order_export_needs_a_sign_in(client, admin, order):
    url = reverse("dashboard:order-list") + "?response_format=csv"

    response = client.get(url)
    response = prove(client, response)

    assert response.url == url
    assert client.get(url)["Content-Type"].startswith("text/csv")


def test_export_of_selected_orders_needs_a_sign_in_and_follows_it(client, admin, order):
    response = client.post(
        reverse("dashboard:order-list"),
        {"action": "download_selected_orders", "selected_order": [order.pk]},
    )

    response = prove(client, response)

    assert response["Content-Type"].startswith("text/csv")
    assert order.number in response.content.decode()


def test_order_list_needs_no_sign_in(client, admin, order):
    assert client.get(reverse("dashboard:order-list")).status_code == 200


def cancel(client, order):
    url = reverse("dashboard:order-detail", args=[order.number])
    return client.post(url, {"order_action": "change_order_status", "new_status": "Cancelled"})


def test_cancelling_an_expensive_order_needs_a_sign_in(client, admin, order, settings):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")

    response = cancel(client, order)
    order.refresh_from_db()
    assert response.url.startswith(PROVE)
    assert order.status == "Paid"

    settings.REFUND_REAUTH_OVER = Decimal("500.00")
    cancel(client, order)
    order.refresh_from_db()
    assert order.status == "Cancelled"


def test_work_queue_kinds_that_refund_are_known():
    refunding = {kind.code for kind in KINDS if kind.change.endswith("_refundrequest")}

    assert {kind.code for kind in KINDS if kind.sends_money} == refunding
    assert refunding == {"payment", "refund", "unmatched"}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])
def test_work_queue_refunds_need_a_recent_sign_in(client, admin, kind):
    response = client.post(reverse("attention"), {"kind": kind.code, "key": "1"})

    assert response.url.startswith(PROVE) is kind.sends_money


@pytest.mark.parametrize(
    "path", ["/dashboard/vouchers/sets/download/1/", "/admin/reports/site-history/?export=csv"]
)
def test_exports_need_a_sign_in(client, admin, site_root, path):
    assert client.get(path).url.startswith(PROVE)


@pytest.mark.parametrize("action", ["download_selected_orders", "DOWNLOAD_SELECTED_ORDERS"])
def test_export_of_selected_orders_needs_a_sign_in_however_it_is_requested(
    client, admin, order, action
):
    data = {"action": action, "selected_order": order.pk}

    response = client.post(reverse("dashboard:order-list"), data)

    assert response.url.startswith(PROVE)


@pytest.mark.parametrize(
    "extra",
    [
        {"selected_order": "PK"},
        {"selected_order": "PK", "order_action": "x"},
        {"selected_order": "FULLWIDTH"},
        {"select_across": "1"},
    ],
)
def test_cancelling_selected_orders_needs_a_sign_in_however_they_are_selected(
    client, admin, order, settings, extra
):
    settings.REFUND_REAUTH_OVER = Decimal("50.00")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(order.pk))
    extra = {
        name: value.replace("PK", str(order.pk)).replace("FULLWIDTH", wide)
        for name, value in extra.items()
    }

    response = client.post(
        reverse("dashboard:order-list"),
        {"action": "Change_Order_Statuses", "new_status": "Cancelled", **extra},
    )

    order.refresh_from_db()
    assert response.url.startswith(PROVE)
    assert order.status == "Paid"


def test_abandoned_request_is_not_resumed_later(client, admin, shop):
    person = make_user("clerk@example.com")
    url = reverse("staff-user-privacy", args=[person.pk])
    client.post(url, {"action": "erase", "confirm": "on"})

    client.get(url)
    client.post(PROVE, {"password": PASSWORD, "next": url})

    assert User.objects.filter(pk=person.pk).exists()


def test_request_suspended_too_long_is_not_resumed(client, admin):
    person = make_user("clerk@example.com")
    url = reverse("dashboard:users-index")
    client.post(url, {"action": "make_inactive", "selected_user": person.pk})
    session = client.session
    session["account_reauthentication_state"]["at"] -= 301
    session.save()

    client.post(PROVE, {"password": PASSWORD, "next": url})

    person.refresh_from_db()
    assert person.is_active


def test_request_that_is_no_longer_permitted_is_not_resumed(client, shop, site_root):
    create_page_roles()
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.groups.add(Group.objects.get(name="Admin"))
    sign_in(client, "clerk@example.com")
    let_sign_in_age(client)
    person = make_user("victim@example.com")
    url = reverse("dashboard:users-index")
    client.post(url, {"action": "make_inactive", "selected_user": person.pk})

    clerk.groups.clear()
    client.post(PROVE, {"password": PASSWORD, "next": url})

    person.refresh_from_db()
    assert person.is_active
