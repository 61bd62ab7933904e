"""Orders of guests: links to them, and requesting a new link."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.accounts.adoption import adopt_guest_orders
from commerce.models import OutgoingMail
from commerce.orders import link_requests
from commerce.orders.guest_links import guest_order_path, order_by_token, token_for
from commerce.orders.link_requests import digest_of, find_order, normal_number, send_link
from commerce.orders.mails import order_status_path
from tests.factories import make_paid_order, make_user

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


@pytest.fixture(autouse=True)
def _no_limits_yet():
    cache.clear()


@pytest.fixture
def order(vase):
    return make_paid_order((vase, 1))


def ask(client, number, email="ada@example.com"):
    return client.post(reverse("find-order"), {"number": number, "email": email}, follow=True)


def links():
    return OutgoingMail.objects.filter(key__startswith="order-link:")


def test_link_opens_only_its_order(client, order, vase, site_root):
    page = client.get(guest_order_path(order, days=1))

    assert page.status_code == 200
    assert order.number in page.content.decode()
    assert "noindex" in page.content.decode()


def test_linked_page_is_private(client, order):
    page = client.get(guest_order_path(order, days=1))

    assert "no-store" in page["Cache-Control"]
    assert "private" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("method", ["get", "post"])
def test_request_page_is_private(client, db, method):
    page = getattr(client, method)(reverse("find-order"))

    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"


def test_link_works_until_it_expires(order):
    now = timezone.now()
    token = token_for(order, days=14, at=now)

    assert order_by_token(token, at=now + timedelta(days=14, seconds=-2)) == order
    assert order_by_token(token, at=now + timedelta(days=14, seconds=1)) is None


def test_expired_link_redirects_to_the_request_form(client, order):
    token = token_for(order, days=1, at=timezone.now() - timedelta(days=2))

    response = client.get(reverse("guest-order", args=[token]), follow=True)

    assert response.redirect_chain[-1][0] == reverse("find-order")
    assert "has expired or is incomplete" in response.content.decode()


@pytest.mark.parametrize("token", ["x", "eyJvcmRlciI6MX0:1abc:def", "a:b", "é"])
def test_forged_link_opens_nothing(client, order, token):
    response = client.get(reverse("guest-order", args=[token]))

    assert response.status_code == 302
    assert response.url == reverse("find-order")


def test_token_of_one_order_does_not_open_another(order):
    token = token_for(order, days=1)
    head, tail = token.split(":", 1)

    assert order_by_token(f"{head[:-2]}AA:{tail}") is None


def test_oscars_own_link_no_longer_works(client, order):
    hashed = order.verification_hash()
    for name in ("customer:anon-order", "customer:anon-order-form"):
        address = reverse(name, kwargs={"order_number": order.number, "hash": hashed})

        response = client.get(address, follow=True)

        assert response.redirect_chain[0][0] == reverse("find-order")
        assert order.number not in response.content.decode()


def test_confirmation_has_an_expiring_link(order, settings):
    confirmation = OutgoingMail.objects.get(key=f"order_placed:{order.number}")

    token = confirmation.body_text.split("/your-order/")[1].split("/")[0]
    late = timezone.now() + timedelta(days=settings.CONFIRMATION_LINK_DAYS)
    assert order_by_token(token) == order
    assert order_by_token(token, at=late + timedelta(minutes=1)) is None


def test_request_mails_a_link_to_the_orders_address(client, order, settings):
    page = ask(client, order.number).content.decode()
    send_link(order.number, digest_of("ADA@example.com "))

    assert "Check your email" in page
    link = links().get()
    assert link.to == "ada@example.com"
    token = link.body_text.split("/your-order/")[1].split("/")[0]
    assert order_by_token(token) == order
    assert client.get(reverse("guest-order", args=[token])).status_code == 200


def test_response_is_the_same_whatever_is_requested(client, order, django_assert_num_queries):
    seen = []
    for number, email in (
        (order.number, "ada@example.com"),
        (order.number, "eve@example.com"),
        ("SM-AAAAAAAA", "ada@example.com"),
    ):
        page = ask(client, number, email)
        seen.append((page.status_code, page.redirect_chain, _words(page)))

    assert seen[0] == seen[1] == seen[2]


def _words(page):
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.content.decode())


def test_request_itself_runs_no_lookup(client, order, monkeypatch):
    asked = []
    monkeypatch.setattr(link_requests, "send_link", lambda *args: asked.append(args))
    monkeypatch.setattr(type(link_requests.send_order_link), "enqueue", lambda task, *args: None)

    ask(client, order.number)

    assert asked == []


def test_queue_contains_no_address(client, order, monkeypatch):
    enqueued = []
    monkeypatch.setattr(
        type(link_requests.send_order_link), "enqueue", lambda task, *args: enqueued.append(args)
    )

    ask(client, order.number, "Ada@Example.com")

    assert "@" not in str(enqueued)
    link_requests.send_order_link.call(*enqueued[0])
    assert links().get().to == order.email


def test_row_queued_by_the_previous_release_still_sends_mail(order):
    link_requests.send_order_link.call(order.number, "ada@example.com")

    assert links().count() == 1


def test_wrong_address_sends_no_mail_to_anybody(order):
    send_link(order.number, digest_of("eve@example.com"))
    send_link("SM-AAAAAAAA", digest_of("ada@example.com"))

    assert not links().exists()
    assert [sent.to for sent in mail.outbox if "eve" in sent.to[0]] == []


def test_one_order_gets_one_link_an_hour(order):
    now = timezone.now().replace(minute=10)
    for minutes in (0, 20, 40):
        send_link(order.number, digest_of("ada@example.com"), at=now + timedelta(minutes=minutes))
    assert links().count() == 1

    send_link(order.number, digest_of("ada@example.com"), at=now + timedelta(hours=1))
    assert links().count() == 2


def test_too_many_requests_are_refused_and_the_input_stays(client, order):
    for _time in range(10):
        assert ask(client, "SM-AAAAAAAA").status_code == 200

    page = ask(client, "SM-BBBBBBBB")

    assert page.status_code == 429
    assert "SM-BBBBBBBB" in page.content.decode()


@pytest.mark.parametrize(
    "typed", ["sm-7k2p9xqd", " SM-7K2P9XQD ", "#SM-7K2P9XQD", "SM-7K2P 9XQD", "ＳＭ-7K2P9XQD"]
)
def test_number_is_parsed_however_it_was_copied(typed):
    assert normal_number(typed) == "SM-7K2P9XQD"


def test_order_of_an_account_needs_a_sign_in(client, vase):
    user = make_user("ada@example.com")
    order = make_paid_order((vase, 1), user=user, email="")
    link = guest_order_path(order, days=1)

    send_link(order.number, digest_of("ada@example.com"))

    assert "/your-order/" not in links().get().body_text
    assert client.get(link).url == reverse("customer:order", args=[order.number])
    assert client.get(link, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_link_redirects_to_the_account_that_adopted_the_order(client, order):
    link = order_status_path(order)
    user = make_user("ada@example.com")
    adopt_guest_orders(user, "ada@example.com")
    client.force_login(user)

    page = client.get(link, follow=True)

    assert page.status_code == 200
    assert order.number in page.content.decode()


def test_order_without_an_address_is_never_found(order):
    Order.objects.update(guest_email="")

    assert find_order(order.number, "") is None
