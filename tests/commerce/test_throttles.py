"""Throttles slow strangers down and never lock an owner out."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from allauth.core.internal import ratelimit
from django.contrib.auth import get_user_model, hashers
from django.core.cache import caches
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commerce.accounts import throttle_store
from commerce.models import OutgoingMail, Throttle
from commerce.throttles import (
    Limit,
    TooManyAttempts,
    count_attempt,
    delete_old_throttles,
    release_attempt,
    visitor_key,
    waiting_advice,
)
from tests.factories import PASSWORD, make_user, make_voucher
from tests.shopper import put_in_basket
from tests.signing import (
    NEW_PASSWORD,
    is_signed_in,
    mails,
    sign_in,
)

pytestmark = pytest.mark.django_db
User = get_user_model()
EMAIL = "ada@example.com"
LIMIT = Limit(free=2, first_wait=30, longest_wait=100, cap=6)


def from_ip(ip):
    return Client(REMOTE_ADDR=ip)


def fail(client, times, email=EMAIL):
    for _time in range(times):
        response = sign_in(client, email, "wrong-password-1")
    return response


def let_waits_end():
    Throttle.objects.update(wait_until=timezone.now() - timedelta(seconds=1))


def text_of(response):
    return response.content.decode()


def test_waits_double_up_to_a_maximum():
    waits = [LIMIT.wait_after(count) for count in range(1, 6)]

    assert waits == [0, 30, 60, 100, 100]


def test_attempt_made_too_early_says_how_long_to_wait():
    count_attempt({"a": LIMIT})
    count_attempt({"a": LIMIT})

    with pytest.raises(TooManyAttempts) as refused:
        count_attempt({"a": LIMIT})

    assert 28 <= refused.value.seconds <= 30
    assert "Try again in" in str(refused.value)


def test_refused_attempt_is_not_counted():
    count_attempt({"a": LIMIT})
    count_attempt({"a": LIMIT})

    with pytest.raises(TooManyAttempts):
        count_attempt({"a": LIMIT, "b": LIMIT})

    assert not Throttle.objects.filter(key="b").exists()


def test_cap_applies_until_the_end_of_the_window():
    start = timezone.now()
    for hour in range(6):
        count_attempt({"a": LIMIT}, at=start + timedelta(hours=hour))

    with pytest.raises(TooManyAttempts):
        count_attempt({"a": LIMIT}, at=start + timedelta(hours=23))
    count_attempt({"a": LIMIT}, at=start + timedelta(hours=25))

    assert Throttle.objects.get(key="a").count == 1


def test_right_attempt_gives_back_one_and_forgets_nothing_else():
    count_attempt({"a": LIMIT})
    count_attempt({"a": LIMIT})

    release_attempt(["a"])

    assert Throttle.objects.get(key="a").count == 1
    count_attempt({"a": LIMIT})


def test_old_counters_are_deleted():
    count_attempt({"a": LIMIT}, at=timezone.now() - timedelta(days=3))
    count_attempt({"b": LIMIT})

    delete_old_throttles()

    assert [row.key for row in Throttle.objects.all()] == ["b"]


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (1, "Try again in 1 second."),
        (30, "Try again in 30 seconds."),
        (91, "Try again in 2 minutes."),
        (7200, "Try again in 2 hours."),
    ],
)
def test_message_is_a_sentence(seconds, sentence):
    assert waiting_advice(seconds) == sentence


def test_addresses_of_one_ipv6_network_count_together(rf):
    one = rf.post("/", REMOTE_ADDR="2001:db8:1:2::1")
    same, other = (
        rf.post("/", REMOTE_ADDR=ip) for ip in ("2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    )

    assert visitor_key("x", one) == visitor_key("x", same)
    assert visitor_key("x", one) != visitor_key("x", other)


def test_sixth_wrong_password_must_wait_and_so_must_the_right_one():
    make_user(EMAIL)
    stranger = Client()

    response = fail(stranger, 6)
    sign_in(stranger)

    assert re.search(r"Try again in \d+ seconds?\.", text_of(response))
    assert not is_signed_in(stranger)


def test_wrong_passwords_from_many_networks_count_for_the_account():
    make_user(EMAIL)
    for number in range(5):
        fail(from_ip(f"203.0.113.{number}"), 1)

    response = sign_in(from_ip("203.0.113.99"))

    assert "Try again in" in text_of(response)


def test_wrong_passwords_for_many_accounts_count_for_the_network():
    visitor = from_ip("203.0.113.7")
    for number in range(15):
        fail(visitor, 1, f"person{number}@example.com")

    response = fail(visitor, 1, "another@example.com")

    assert "Try again in" in text_of(response)


def test_known_browser_signs_in_while_strangers_wait():
    make_user(EMAIL)
    own, stranger = Client(), from_ip("203.0.113.1")
    sign_in(own)
    own.post(reverse("account_logout"))
    fail(stranger, 6)

    sign_in(own)

    assert is_signed_in(own)


def test_known_browser_waits_after_its_own_mistakes():
    make_user(EMAIL)
    own = Client()
    sign_in(own)
    own.post(reverse("account_logout"))

    response = fail(own, 6)

    assert "Try again in" in text_of(response)


def test_forged_device_cookie_counts_as_a_stranger():
    make_user(EMAIL)
    fail(Client(), 5)
    forger = Client()
    forger.cookies["device"] = "eyJhIjoiYiJ9:1aaaaa:forged"

    response = sign_in(forger)

    assert "Try again in" in text_of(response)


def test_signing_in_to_another_account_does_not_reset_the_count():
    make_user(EMAIL)
    make_user("mallory@example.com")
    mallory = Client()
    for _round in range(5):
        fail(mallory, 1)
        sign_in(mallory, "mallory@example.com")
        mallory.post(reverse("account_logout"))

    response = fail(mallory, 1)

    assert "Try again in" in text_of(response)


def test_correct_password_signs_in_after_the_wait():
    make_user(EMAIL)
    stranger = Client()
    fail(stranger, 5)

    let_waits_end()
    sign_in(stranger)

    assert is_signed_in(stranger)


def ask_for_code(client, email=EMAIL):
    return client.post(reverse("account_request_login_code"), {"email": email})


@pytest.mark.parametrize("known", [True, False])
def test_fourth_mail_must_wait_with_or_without_an_account(known):
    if known:
        make_user(EMAIL)

    responses = [ask_for_code(from_ip(f"203.0.113.{number}")) for number in range(4)]

    assert [r.status_code for r in responses] == [302, 302, 302, 429]
    assert responses[3]["Retry-After"] == "30" or int(responses[3]["Retry-After"]) <= 30
    assert len(mails(EMAIL)) == 3


def test_mails_to_one_address_have_a_daily_cap(settings):
    make_user(EMAIL)
    for number in range(settings.ACCOUNT_MAILS_PER_RECIPIENT + 3):
        ask_for_code(from_ip(f"203.0.113.{number}"))
        Throttle.objects.filter(count__lt=settings.ACCOUNT_MAILS_PER_RECIPIENT).update(
            wait_until=timezone.now()
        )

    assert len(mails(EMAIL)) == settings.ACCOUNT_MAILS_PER_RECIPIENT


def test_mails_from_one_network_have_a_daily_cap(settings):
    settings.ACCOUNT_MAILS_PER_IP = 8
    for number in range(10):
        ask_for_code(Client(), f"person{number}@example.com")
        Throttle.objects.filter(count__lt=8).update(wait_until=timezone.now())

    assert OutgoingMail.objects.count() == 8


def test_stranger_does_not_use_up_the_owners_mails():
    make_user(EMAIL)
    own = Client()
    sign_in(own)
    own.post(reverse("account_logout"))
    for number in range(4):
        ask_for_code(from_ip(f"203.0.113.{number}"))

    assert ask_for_code(own).status_code == 302


def test_sign_up_reset_and_code_share_one_count():
    Client().post(reverse("account_signup"), {"email": EMAIL, "password1": NEW_PASSWORD})
    Client().post(reverse("account_reset_password"), {"email": EMAIL})
    ask_for_code(Client())

    response = Client().post(reverse("account_reset_password"), {"email": EMAIL})

    assert response.status_code == 429


@pytest.mark.parametrize("known", [True, False])
def test_throttled_sign_up_changes_nothing(known):
    if known:
        make_user(EMAIL)
    before = User.objects.count()
    for number in range(3):
        ask_for_code(from_ip(f"203.0.113.{number}"))

    response = Client().post(reverse("account_signup"), {"email": EMAIL, "password1": NEW_PASSWORD})

    assert response.status_code == 429
    assert re.search(r"Try again in \d+ second", text_of(response))
    assert User.objects.count() == before


def test_security_notices_are_always_sent():
    make_user(EMAIL)
    client = Client()
    sign_in(client)
    for number in range(4):
        ask_for_code(from_ip(f"203.0.113.{number}"))

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert mails(EMAIL)[-1].subject == "Your password was changed"


def enter_voucher(client, code):
    return text_of(client.post(reverse("basket:vouchers-add"), {"code": code}))


def test_eleventh_wrong_voucher_must_wait_and_so_must_a_valid_one(client, mug):
    put_in_basket(client, mug, 1, child_id=mug.children.first().pk)
    make_voucher("REALCODE")
    for number in range(10):
        assert "don’t recognise" in enter_voucher(client, f"GUESS{number}")

    assert "Try again in" in enter_voucher(client, "GUESS11")
    assert "Try again in" in enter_voucher(client, "REALCODE")
    let_waits_end()
    enter_voucher(client, "REALCODE")

    assert client.get("/basket/").wsgi_request.basket.vouchers.count() == 1


def test_valid_vouchers_are_not_counted(client, mug):
    put_in_basket(client, mug, 1, child_id=mug.children.first().pk)
    make_voucher("REALCODE")

    for _time in range(12):
        last = enter_voucher(client, "REALCODE")

    assert "Try again in" not in last


def test_allauth_counts_in_the_shared_store():
    assert ratelimit.cache._alias == throttle_store.ALIAS
    assert type(caches[throttle_store.ALIAS]).__name__ == "DatabaseCache"
    assert not [e for e in run_checks() if e.id == "vitrine.E020"]


def test_counting_in_process_memory_is_a_check_error(settings):
    settings.CACHES = {
        **settings.CACHES,
        throttle_store.ALIAS: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }

    assert [e.id for e in throttle_store.check_shared_throttles(None)] == ["vitrine.E020"]


def test_expired_counters_are_deleted():
    store = caches[throttle_store.ALIAS]
    store.set("old", 1, 1)
    store.set("new", 1, 3600)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE commerce_throttlecache SET expires = '2020-01-01 00:00:00' WHERE cache_key LIKE %s", ["%old"])  # fmt: skip

    throttle_store.forget_expired_counters()

    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM commerce_throttlecache")
        assert cursor.fetchone()[0] == 1


class Work:
    """The cost of a request: password hashes, writing queries by table, mails."""

    def __init__(self, monkeypatch):
        self.hashes = 0
        hasher = type(hashers.get_hasher())
        monkeypatch.setattr(hasher, "encode", self.counting(hasher.encode))

    def counting(self, encode):
        def counted(*args, **kwargs):
            self.hashes += 1
            return encode(*args, **kwargs)

        return counted

    def of(self, view, data, *, ip):
        self.hashes, before = 0, OutgoingMail.objects.count()
        with CaptureQueriesContext(connection) as queries:
            from_ip(ip).post(reverse(view), data)
        writes = Counter(
            match.group(0)
            for query in queries
            if (match := re.match(r'(INSERT|UPDATE|DELETE)[^"`]*["`]\w+["`]', query["sql"]))
        )
        return self.hashes, writes, OutgoingMail.objects.count() - before


@pytest.mark.parametrize(
    ("view", "field", "extra"),
    [
        ("account_signup", "email", {"password1": NEW_PASSWORD}),
        ("account_login", "login", {"password": "wrong-password-1"}),
        ("account_request_login_code", "email", {}),
        ("account_reset_password", "email", {}),
    ],
)
def test_known_and_unknown_addresses_cost_the_same(monkeypatch, view, field, extra):
    make_user(EMAIL)
    work = Work(monkeypatch)

    known = work.of(view, {field: EMAIL, **extra}, ip="203.0.113.1")
    unknown = work.of(view, {field: "nobody@example.com", **extra}, ip="203.0.113.2")

    assert known == unknown
    assert known[0] == (1 if extra else 0)


def test_simulated_sign_up_leaves_no_account():
    make_user(EMAIL)

    Client().post(reverse("account_signup"), {"email": EMAIL, "password1": NEW_PASSWORD})

    assert [mail.subject for mail in mails()] == ["You already have an account"]
    assert User.objects.count() == 1
    assert sorted(Throttle.objects.values_list("count", flat=True)) == [1, 1]
