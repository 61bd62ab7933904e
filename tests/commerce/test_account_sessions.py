"""Sessions of an account: listing and ending them, and the session limits of staff."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commerce.accounts import sessions
from commerce.accounts.device_names import device_name
from tests.factories import PASSWORD, make_user
from tests.signing import (
    NEW_PASSWORD,
    is_signed_in,
    mails,
    prove_again,
    reset_link,
    set_password,
    sign_in,
)

pytestmark = pytest.mark.django_db
User = get_user_model()
EMAIL = "ada@example.com"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"


@pytest.fixture(params=["django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db"])  # fmt: skip
def engine(request, settings):
    settings.SESSION_ENGINE = request.param


def text_of(response):
    return response.content.decode()


def signed_in(agent=FIREFOX, email=EMAIL, **extra):
    browser = Client(HTTP_USER_AGENT=agent, **extra)
    sign_in(browser, email)
    return browser


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Linux"),
        ("curl/8.1", "Unknown device"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_devices_have_readable_names(agent, words):
    assert device_name(agent) == words


def test_sessions_are_listed_by_device(engine):
    make_user(EMAIL)
    browser = signed_in()
    signed_in(PHONE)

    page = text_of(browser.get(reverse("usersessions_list")))

    assert "Firefox on Windows" in page
    assert "Safari on iPhone" in page
    assert page.count("This browser") == 1


def test_listing_writes_nothing():
    make_user(EMAIL)
    browser = signed_in()
    Session.objects.exclude(session_key=browser.session.session_key).delete()
    UserSession.objects.create(
        user=User.objects.get(), ip="203.0.113.1", session_key="gone", user_agent=PHONE
    )

    with CaptureQueriesContext(connection) as queries:
        page = text_of(browser.get(reverse("usersessions_list")))

    assert "iPhone" not in page
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_ended_session_is_signed_out(engine):
    make_user(EMAIL)
    browser, phone = signed_in(), signed_in(PHONE)
    assert is_signed_in(phone)
    other = UserSession.objects.get(user_agent=PHONE)

    prove_again(browser)
    browser.post(reverse("usersessions_list"), {"session": other.pk})

    assert not is_signed_in(phone)
    assert is_signed_in(browser)


def test_session_of_another_user_cannot_be_ended():
    make_user(EMAIL)
    make_user("grace@example.com")
    browser, victim = signed_in(), signed_in(email="grace@example.com")
    other = UserSession.objects.get(user__email="grace@example.com")

    prove_again(browser)
    response = browser.post(reverse("usersessions_list"), {"session": other.pk})

    assert response.status_code == 404
    assert is_signed_in(victim)


def test_signing_out_everywhere_keeps_this_browser(engine):
    user = make_user(EMAIL)
    browser, phone, untracked = signed_in(), signed_in(PHONE), Client()
    untracked.force_login(user)

    prove_again(browser)
    browser.post(reverse("usersessions_list"))

    assert is_signed_in(browser)
    assert not is_signed_in(phone)
    assert not is_signed_in(untracked)


def test_password_reset_ends_all_sessions(engine):
    make_user(EMAIL)
    phone = signed_in(PHONE)
    anybody = Client()

    set_password(anybody, reset_link(anybody, EMAIL))

    assert not is_signed_in(phone)


def test_changed_password_ends_the_other_sessions():
    make_user(EMAIL)
    browser, phone = signed_in(), signed_in(PHONE)

    browser.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert is_signed_in(browser)
    assert not is_signed_in(phone)
    assert "Firefox" in text_of(browser.get(reverse("usersessions_list")))


def test_first_sign_in_from_a_new_browser_sends_a_notice():
    user = make_user(EMAIL)
    user.date_joined = timezone.now() - timedelta(days=9)
    user.save()
    browser = signed_in()
    browser.post(reverse("account_logout"))
    before = len(mails(EMAIL))

    sign_in(browser)
    assert len(mails(EMAIL)) == before
    signed_in(PHONE)

    assert mails(EMAIL)[-1].subject == "A new browser signed in"


def test_last_use_is_recorded_outside_the_request():
    make_user(EMAIL)
    browser = signed_in()
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=3))

    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("customer:summary"))
    sessions.flush_uses()

    assert not [q for q in queries if "usersessions" in q["sql"] and "UPDATE" in q["sql"]]
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)


def test_signing_in_invalidates_no_page(monkeypatch):
    make_user(EMAIL)
    touched = []
    monkeypatch.setattr(
        "commerce.page_cache.invalidation.invalidate", lambda *tags: touched.extend(tags)
    )

    browser = signed_in()
    browser.post(reverse("usersessions_list"))
    browser.post(reverse("account_logout"))

    assert touched == []


def test_customers_account_page_queries_no_permissions():
    make_user(EMAIL)
    browser = signed_in()

    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("customer:summary"))

    assert not [q for q in queries if "auth_permission" in q["sql"]]


def test_signing_out_elsewhere_is_offered_only_with_other_sessions():
    make_user(EMAIL)
    browser = signed_in()
    words = "Sign out everywhere else"
    assert words not in text_of(browser.get(reverse("usersessions_list")))

    signed_in(PHONE)

    assert words in text_of(browser.get(reverse("usersessions_list")))


# --- Staff over others -----------------------------------------------------------------------------


def make_admin(email="admin@example.com"):
    return make_user(email, is_staff=True, is_superuser=True)


def test_admin_ends_sessions_of_a_user(engine):
    person = make_user(EMAIL)
    make_admin()
    phone, admin = signed_in(PHONE), signed_in(email="admin@example.com")
    url = reverse("staff-user-sessions", args=[person.pk])

    assert "Safari on iPhone" in text_of(admin.get(url))
    admin.post(url)

    assert not is_signed_in(phone)
    assert is_signed_in(admin)


def test_admin_ends_one_session_of_a_user():
    person = make_user(EMAIL)
    make_admin()
    phone, browser = signed_in(PHONE), signed_in()
    admin = signed_in(email="admin@example.com")

    admin.post(
        reverse("staff-user-sessions", args=[person.pk]),
        {"session": UserSession.objects.get(user_agent=PHONE).pk},
    )

    assert not is_signed_in(phone)
    assert is_signed_in(browser)


def test_signing_out_others_is_offered_only_with_open_sessions():
    person = make_user(EMAIL)
    admin_user = make_admin()
    admin = signed_in(email="admin@example.com")
    own = reverse("staff-user-sessions", args=[admin_user.pk])
    other = reverse("staff-user-sessions", args=[person.pk])
    assert "Sign out everywhere" not in text_of(admin.get(other)) + text_of(admin.get(own))

    signed_in(PHONE)
    signed_in(PHONE, email="admin@example.com")

    assert "Sign out everywhere<" in text_of(admin.get(other))
    assert "Sign out everywhere else<" in text_of(admin.get(own))


def test_customer_page_links_to_the_sessions():
    person = make_user(EMAIL)
    make_admin()
    admin = signed_in(email="admin@example.com")

    page = text_of(admin.get(reverse("dashboard:user-detail", args=[person.pk])))

    assert reverse("staff-user-sessions", args=[person.pk]) in page


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("codename", [None, "view_user"])
def test_sessions_of_others_need_the_permission(method, codename):
    person = make_user(EMAIL)
    clerk = make_user("clerk@example.com", is_staff=True)
    if codename:
        clerk.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label="commerce"))  # fmt: skip
    phone, browser = signed_in(PHONE), signed_in(email="clerk@example.com")

    response = getattr(browser, method)(reverse("staff-user-sessions", args=[person.pk]))

    assert response.status_code == 403
    assert is_signed_in(phone)


def test_only_a_superuser_signs_out_a_superuser():
    boss = make_admin("boss@example.com")
    clerk = make_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="change_user", content_type__app_label="commerce"))  # fmt: skip
    browser = signed_in(email="clerk@example.com")

    assert browser.post(reverse("staff-user-sessions", args=[boss.pk])).status_code == 403


# --- How long staff stay ---------------------------------------------------------------------------


@pytest.fixture
def idle(settings):
    settings.STAFF_IDLE_MINUTES = 60


class Clock:
    """Moves the time that signatures and sessions read."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def forward(self, **span):
        later = timezone.now() + timedelta(**span)
        self.monkeypatch.setattr("django.utils.timezone.now", lambda: later)
        self.monkeypatch.setattr("time.time", later.timestamp)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_staff_session_ends_after_an_hour_without_use(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    assert browser.get("/dashboard/").status_code == 200

    clock.forward(minutes=61)
    response = browser.get("/dashboard/orders/?page=1")

    assert response.url == f"{reverse('account_login')}?next=%2Fdashboard%2Forders%2F%3Fpage%3D1"
    assert not is_signed_in(browser)


def test_signing_in_again_returns_to_the_page(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    clock.forward(minutes=61)
    door = browser.get("/dashboard/orders/").url

    assert "Sign in" in text_of(browser.get(door))
    response = browser.post(
        reverse("account_login"),
        {"login": "admin@example.com", "password": PASSWORD, "next": "/dashboard/orders/"},
    )

    assert response.url == "/dashboard/orders/"
    assert browser.get("/dashboard/orders/").status_code == 200


def test_activity_extends_a_staff_session(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")

    for _step in range(3):
        clock.forward(minutes=50)
        assert browser.get("/dashboard/").status_code == 200


def test_unused_open_editor_counts_as_idle(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    clock.forward(minutes=40)
    browser.get("/admin/editing-sessions/ping/")
    clock.forward(minutes=40)

    assert browser.get("/admin/").url.startswith(reverse("account_login"))


def test_lost_cookie_counts_as_idle(idle):
    make_admin()
    browser = signed_in(email="admin@example.com")
    del browser.cookies["staff_seen"]

    assert browser.get("/dashboard/").url.startswith(reverse("account_login"))


def test_cookie_of_another_session_counts_as_idle(idle):
    make_admin()
    one, other = (signed_in(email="admin@example.com") for _number in range(2))
    one.cookies["staff_seen"] = other.cookies["staff_seen"].value

    assert one.get("/dashboard/").url.startswith(reverse("account_login"))


def test_idle_session_ending_on_get_writes_nothing(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    clock.forward(minutes=61)

    with CaptureQueriesContext(connection) as queries:
        browser.get("/dashboard/")

    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_form_submitted_too_late_ends_the_session_and_returns_to_its_page(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    key = browser.session.session_key
    clock.forward(minutes=61)

    response = browser.post(
        "/dashboard/orders/", HTTP_REFERER="http://testserver/dashboard/orders/1/"
    )

    assert response.url.endswith("?next=%2Fdashboard%2Forders%2F1%2F")
    assert not Session.objects.filter(session_key=key).exists()


def test_staff_session_ends_after_eight_hours(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    for _step in range(9):
        clock.forward(minutes=50)
        browser.get("/dashboard/")
        browser.post(reverse("usersessions_list"))  # saves the session
    clock.forward(minutes=50)

    chain = browser.get("/dashboard/", follow=True).redirect_chain
    assert chain[-1][0] == "/accounts/login/?next=%2Fdashboard%2F"


def test_customer_stays_signed_in(idle, clock):
    make_user(EMAIL)
    browser = signed_in()

    clock.forward(days=20)

    assert is_signed_in(browser)


def test_changing_the_password_does_not_count_as_idle(idle):
    make_admin()
    browser = signed_in(email="admin@example.com")
    prove_again(browser)
    browser.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert browser.get("/dashboard/").status_code == 200


def test_sessions_ended_by_a_new_password_are_not_listed():
    user = make_user()
    browser, _phone = signed_in(), signed_in(PHONE)

    browser.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert len(sessions.sessions_of(user)) == 1


def test_session_list_needs_two_queries_whatever_its_length(django_assert_num_queries):
    user = make_user()
    for _browser in range(3):
        signed_in()

    with django_assert_num_queries(2):
        assert len(sessions.sessions_of(user)) == 3


@pytest.mark.parametrize("key", ["1" * 5_000, "x", "²", "-1"])
def test_malformed_session_key_is_not_found(key):
    make_user()
    browser = signed_in()
    prove_again(browser)

    assert browser.post(reverse("account-sessions"), {"session": key}).status_code == 404


def test_malformed_referrer_of_a_staff_form_is_no_error(idle, clock):
    make_admin()
    browser = signed_in(email="admin@example.com")
    clock.forward(minutes=61)

    response = browser.post(reverse("dashboard:index"), HTTP_REFERER="http://[x")

    assert response.status_code == 302
