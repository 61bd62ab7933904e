"""Withdrawals: two steps, no account, always stored and acknowledged."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.exceptions import WithdrawalRefused
from commerce.models import OutgoingMail, ReturnRequest, Shipment, Withdrawal
from commerce.order_statuses import CANCELLED, DELIVERED
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.withdrawals import (
    Statement,
    accept_withdrawal,
    link_order,
    match_withdrawal,
    period_of,
    refuse_withdrawal,
    submit_withdrawal,
)
from commerce.storefront.withdrawals import OTHER
from tests.factories import make_paid_order, make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


@pytest.fixture(autouse=True)
def _no_limits_yet():
    cache.clear()


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


@pytest.fixture
def order(bowl):
    return make_paid_order((bowl, 2))


def declare(order, *, email="ada@example.com", items="", at=None):
    """Submit a declaration about an order and run the task that finds the order."""
    statement = Statement("Ada Marsh", email, order.number, items)
    withdrawal = submit_withdrawal(statement, at=at)
    match_withdrawal(withdrawal.pk)
    withdrawal.refresh_from_db()
    return withdrawal


def typed(number, **more):
    return {
        "name": "Ada Marsh", "order_number": number, "email": "ada@example.com", "items": "", **more
    }  # fmt: skip


def press(client, data, **more):
    return client.post(reverse("withdrawal"), {**data, **more}, follow=True)


def mails(code):
    return OutgoingMail.objects.filter(key__startswith=code)


def test_footer_links_to_the_form(client, site_root, shop):
    page = client.get(reverse("catalogue:index")).content.decode()

    assert re.search(rf'href="{reverse("withdrawal")}">Withdraw from contract<', page)


def test_first_step_writes_nothing(client, order):
    page = press(client, typed(order.number)).content.decode()

    assert "Confirm withdrawal</button>" in page
    assert "Ada Marsh" in page
    assert not Withdrawal.objects.exists()
    assert not mails("withdrawal").exists()


def test_confirming_stores_and_acknowledges_the_declaration(client, order):
    page = press(client, typed(order.number), step="confirm", key="k").content.decode()

    kept = Withdrawal.objects.get()
    told = mails("withdrawal-received").get()
    assert kept.number in page
    assert timezone.localtime(kept.submitted_at).strftime("%H:%M:%S") in page
    assert told.to == "ada@example.com"
    for body in (told.body_text, told.body_html):
        assert kept.number in body
        assert order.number in body
        assert "Ada Marsh" in body
        assert timezone.localtime(kept.submitted_at).strftime("%H:%M:%S") in body


def test_acknowledgement_contains_date_time_and_zone(order):
    at = datetime(2026, 7, 3, 9, 5, 7, tzinfo=ZoneInfo("Europe/London"))
    declare(order, at=at)

    assert "3 July 2026, 09:05:07 (BST)" in mails("withdrawal-received").get().body_text


def test_going_back_keeps_the_input(client, order):
    page = press(client, typed(order.number, items="the blue one"), step="edit").content.decode()

    assert "the blue one" in page
    assert "Confirm withdrawal</button>" not in page


@pytest.mark.parametrize("missing", ["name", "order_number", "email"])
def test_incomplete_form_keeps_its_input(client, db, missing):
    data = typed("SM-7K2P9XQD", items="the blue one", **{missing: ""})

    page = press(client, data, step="confirm").content.decode()

    assert "the blue one" in page
    assert "Please check the following" in page
    assert not Withdrawal.objects.exists()


def test_responses_do_not_reveal_whether_an_order_exists(client, order):
    shapes = []
    for number, email in (
        (order.number, "ada@example.com"),
        (order.number, "eve@example.com"),
        ("SM-AAAAAAAA", "ada@example.com"),
    ):
        data = typed(number, email=email)
        pages = [press(client, data), press(client, data, step="confirm")]
        shapes.append([(page.status_code, _shape(page, number, email)) for page in pages])

    assert shapes[0] == shapes[1] == shapes[2]
    assert Withdrawal.objects.count() == 3
    assert mails("withdrawal-received").count() == 3


def _shape(page, number, email):
    words = page.content.decode().replace(number, "NUMBER").replace(email, "EMAIL")
    words = re.sub(r'value="[^"]+"|W-\w{8}|\d+:\d+:\d+', "", words)
    return words


def test_double_click_makes_one_declaration(client, order):
    for _click in range(2):
        press(client, typed(order.number), step="confirm", key="k")

    assert Withdrawal.objects.count() == 1
    assert mails("withdrawal-received").count() == 1


def test_another_declarations_key_does_not_show_it(client, order):
    press(client, typed(order.number), step="confirm", key="k")

    page = press(client, typed("SM-X", name="Eve", email="e@example.com"), step="confirm", key="k")

    assert "Ada Marsh" not in page.content.decode()
    assert Withdrawal.objects.count() == 2


def test_too_many_declarations_are_refused_and_the_input_stays(client, db):
    for place in range(10):
        press(client, typed(f"SM-{place}"), step="confirm", key=f"k{place}")

    page = press(client, typed("SM-LAST"), step="confirm", key="last")

    assert page.status_code == 429
    assert "SM-LAST" in page.content.decode()
    assert "studio@saltmarsh.example, which is equally valid" in page.content.decode()
    assert Withdrawal.objects.count() == 10


def test_pages_are_private(client, order):
    for page in (
        client.get(reverse("withdrawal")),
        press(client, typed(order.number)),
        press(client, typed(order.number), step="confirm"),
    ):
        assert "no-store" in page["Cache-Control"]
        assert page["X-Robots-Tag"] == "noindex"


def test_forged_acknowledgement_link_shows_nothing(client, order):
    declare(order)

    response = client.get(reverse("withdrawal-received", args=["1:a:b"]))

    assert response.url == reverse("withdrawal")


def test_declaration_is_linked_to_the_order_by_number_and_address(order):
    assert declare(order).order == order
    assert declare(order, email="eve@example.com").order is None
    assert order.events.filter(kind="withdrawal").count() == 1


def test_staff_link_a_declaration_by_hand(order):
    withdrawal = declare(order, email="ada@work.example")

    with pytest.raises(WithdrawalRefused):
        link_order(withdrawal.pk, "SM-NONE", user=None)
    link_order(withdrawal.pk, order.number.lower(), user=None)

    withdrawal.refresh_from_db()
    assert withdrawal.order == order


def test_period_starts_with_the_last_parcel(order):
    now = timezone.now()
    assert period_of(declare(order)).is_within
    ship(order.pk)
    move_order(order.pk, DELIVERED)
    Shipment.objects.update(delivered_at=now)

    last = declare(order, at=now + timedelta(days=14))
    late = declare(order, at=now + timedelta(days=15))

    assert period_of(last).is_within
    assert period_of(last).until == timezone.localtime(now).date() + timedelta(days=14)
    assert not period_of(late).is_within


def test_accepting_before_dispatch_cancels_the_order(order, bowl):
    withdrawal = declare(order)

    accept_withdrawal(withdrawal.pk)

    withdrawal.refresh_from_db()
    assert withdrawal.state == "accepted"
    assert Order.objects.get(pk=order.pk).status == CANCELLED
    assert stockrecord_of(bowl).num_allocated == 0
    assert "The order is cancelled" in mails("withdrawal-accepted").get().body_text
    assert broken_invariants() == []


def test_accepting_after_dispatch_creates_an_approved_return(order):
    ship(order.pk)
    line = order.lines.get()
    withdrawal = declare(order)

    accept_withdrawal(withdrawal.pk, units={line.pk: 2}, answer="To the quay.")

    withdrawal.refresh_from_db()
    request = ReturnRequest.objects.get()
    told = mails("withdrawal-accepted").get()
    assert withdrawal.return_request == request
    assert request.state == "approved"
    assert request.number in told.body_text
    assert "2 × Bowl" in told.body_text
    assert "To the quay." in told.body_text
    assert broken_invariants() == []


def test_partial_withdrawal_before_dispatch_is_handled_by_staff(order):
    withdrawal = declare(order, items="one of the two bowls")

    with pytest.raises(WithdrawalRefused, match="Enter the next steps"):
        accept_withdrawal(withdrawal.pk)
    accept_withdrawal(withdrawal.pk, answer="One bowl comes, the other is paid back.")

    assert "the other is paid back" in mails("withdrawal-accepted").get().body_text
    assert Order.objects.get(pk=order.pk).status == "Paid"
    assert Withdrawal.objects.get().state == "accepted"


def test_more_units_than_shipped_are_refused_and_nothing_is_decided(order):
    ship(order.pk)
    withdrawal = declare(order)

    with pytest.raises(WithdrawalRefused):
        accept_withdrawal(withdrawal.pk, units={order.lines.get().pk: 3})

    assert Withdrawal.objects.get().state == "new"
    assert not mails("withdrawal-accepted").exists()


def test_refusal_is_mailed_with_its_reason(order):
    withdrawal = declare(order)

    refuse_withdrawal(withdrawal.pk, reason="Made to your own drawing.")

    assert "Made to your own drawing." in mails("withdrawal-refused").get().body_text


@pytest.mark.parametrize("first", [accept_withdrawal, None])
def test_decided_declaration_cannot_change(order, first):
    withdrawal = declare(order)
    if first:
        first(withdrawal.pk)
    else:
        refuse_withdrawal(withdrawal.pk, reason="x")

    with pytest.raises(WithdrawalRefused):
        refuse_withdrawal(withdrawal.pk, reason="y")
    with pytest.raises(WithdrawalRefused):
        accept_withdrawal(withdrawal.pk)
    with pytest.raises(WithdrawalRefused):
        link_order(withdrawal.pk, order.number, user=None)


def test_declaration_without_an_order_is_stored_and_cannot_be_accepted(order):
    withdrawal = declare(order, email="eve@example.com")

    with pytest.raises(WithdrawalRefused):
        accept_withdrawal(withdrawal.pk)
    refuse_withdrawal(withdrawal.pk, reason="We know no such order.")

    assert Withdrawal.objects.get().state == "refused"


# --- The dashboard ---------------------------------------------------------------------------------


def sign_in(client, *names):
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(clerk)
    return clerk


def desk(withdrawal):
    return reverse("staff-withdrawal", args=[withdrawal.number])


def test_list_and_declaration_are_shown(client, order):
    sign_in(client, "view_withdrawal")
    tied, loose = declare(order), declare(order, email="eve@example.com")

    queue = client.get(reverse("staff-withdrawals")).content.decode()

    assert tied.number in queue
    assert "no matching order" in queue
    assert "Within the withdrawal period" in client.get(desk(tied)).content.decode()
    assert "placed with a different email address" in client.get(desk(loose)).content.decode()


def test_dashboard_accepts_with_the_selected_units(client, order):
    clerk = sign_in(client, "view_withdrawal", "change_withdrawal")
    ship(order.pk)
    withdrawal = declare(order)

    client.post(desk(withdrawal), {"act": "accept", f"units_{order.lines.get().pk}": 1})

    withdrawal.refresh_from_db()
    assert withdrawal.decided_by == clerk
    assert withdrawal.return_request.lines.get().quantity == 1


def test_dashboard_links_and_refuses(client, order):
    sign_in(client, "view_withdrawal", "change_withdrawal")
    withdrawal = declare(order, email="eve@example.com")

    client.post(desk(withdrawal), {"act": "link", "order_number": order.number})
    assert client.post(desk(withdrawal), {"act": "refuse", "words": ""}).status_code == 200
    client.post(desk(withdrawal), {"act": "refuse", "words": "Too late."})

    withdrawal.refresh_from_db()
    assert (withdrawal.order, withdrawal.state) == (order, "refused")


def test_staff_without_the_permission_cannot_decide(client, order):
    withdrawal = declare(order)
    sign_in(client, "view_withdrawal")

    assert client.post(desk(withdrawal), {"act": "accept"}).status_code == 403
    client.force_login(make_user("eve@example.com"))
    assert client.get(desk(withdrawal)).status_code == 403
    assert client.get(reverse("staff-withdrawals")).status_code == 403
    client.logout()
    assert client.get(desk(withdrawal)).status_code == 302
    assert Withdrawal.objects.get().state == "new"


# --- Filled in for accounts ------------------------------------------------------------------------


@pytest.fixture
def ada(client):
    user = make_user(first_name="Ada", last_name="Marsh")
    client.force_login(user)
    return user


def asked(client, query=""):
    return client.get(reverse("withdrawal") + query).context["form"]


def test_form_is_prefilled_for_an_account(client, ada, bowl):
    first, second = make_paid_order((bowl, 1)), make_paid_order((bowl, 1))
    others = make_paid_order((bowl, 1))
    Order.objects.filter(pk__in=[first.pk, second.pk]).update(user=ada)

    form = asked(client)

    assert (form["name"].value(), form["email"].value()) == ("Ada Marsh", ada.email)
    numbers = [number for number, _label in form.fields["order"].choices]
    assert numbers == ["", second.number, first.number, OTHER]
    assert others.number not in numbers
    assert asked(client, f"?order={first.number}")["order"].value() == first.number


@pytest.mark.parametrize("typed_number", ["", "SM-ELSE"])
def test_order_is_selected_or_its_number_typed(client, ada, order, typed_number):
    Order.objects.filter(pk=order.pk).update(user=ada)
    data = {**typed(typed_number), "order": order.number}

    confirming = client.post(reverse("withdrawal"), data)
    assert confirming.context["facts"]["order_number"] == (typed_number or order.number)
    again = client.post(reverse("withdrawal"), {**data, "step": "edit"}).context["form"]
    assert (again["order"].value(), again["order_number"].value()) == (
        (OTHER, typed_number) if typed_number else (order.number, "")
    )
    press(client, data, step="confirm", key="k")

    assert Withdrawal.objects.get().order_number == (typed_number or order.number)


@pytest.mark.parametrize(("chosen", "field"), [("", "order"), (OTHER, "order_number")])
def test_form_asks_for_an_order_if_none_is_given(client, ada, order, chosen, field):
    Order.objects.filter(pk=order.pk).update(user=ada)

    answer = client.post(reverse("withdrawal"), {**typed(""), "order": chosen})

    assert list(answer.context["form"].errors) == [field]
    assert not Withdrawal.objects.exists()


def test_number_alone_identifies_the_order(client, ada, order):
    Order.objects.filter(pk=order.pk).update(user=ada)
    form = asked(client)

    filled = type(form)({**typed("SM-OTHER11"), "order": ""}, orders=[order, order])

    assert filled.is_valid(), filled.errors
    assert filled.cleaned_data["order_number"] == "SM-OTHER11"
    assert not form.fields["order"].required


def test_guest_form_is_unchanged_and_queries_no_orders(client, order):
    form = asked(client)

    assert "order" not in form.fields
    assert form.fields["order_number"].required
    assert form["name"].value() is None


def test_account_without_orders_types_the_number(client, ada, shop):
    form = asked(client)

    assert "order" not in form.fields
    assert form["email"].value() == ada.email
