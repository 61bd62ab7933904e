"""The audit log records every change to sign-in methods: who, about whom, from where."""

import logging

import pytest
from allauth.account.signals import email_added, email_removed
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory, TestCase
from django.urls import reverse

from commerce.dashboard.audit_log import AuditView
from commerce.models import AuditEntry
from tests.commerce.test_account_proof import attach_factors
from tests.commerce.test_second_factors import codes_of, confirm, enrol, totp_code
from tests.factories import PASSWORD, make_user
from tests.signing import (
    NEW_PASSWORD,
    another,
    code_in,
    mails,
    prove_again,
    reset_link,
    set_password,
    sign_in,
    sign_up,
    type_code,
)

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
HERE = "203.0.113.7"
Act = AuditEntry.Act


@pytest.fixture
def client():
    return Client(REMOTE_ADDR=HERE)


@pytest.fixture
def ada(client):
    """A user who has signed in and just typed the password again."""
    user = make_user(EMAIL)
    sign_in(client)
    prove_again(client)
    return user


@pytest.fixture
def enrolled(client, ada):
    """The same user with an authenticator app, and its secret."""
    ada.secret = enrol(client)
    return ada


def the_only(act):
    """The only entry of an action: actor, subject, IP address and changes."""
    entry = AuditEntry.objects.get(act=act)
    assert entry.kind == "door"
    return entry.user, entry.object_id, entry.address, entry.changes


def begin_second_step(user):
    """A browser that has sent the password and must send the second factor."""
    browser = Client(REMOTE_ADDR=HERE)
    sign_in(browser)
    return browser


def test_added_app_is_logged_with_its_recovery_codes(enrolled):
    key = str(enrolled.pk)

    assert the_only(Act.FACTOR_ADDED) == (
        enrolled, key, HERE, {"factor": [None, "authenticator app"]}
    )  # fmt: skip
    assert the_only(Act.CODES_MADE) == (enrolled, key, HERE, {})


def test_removed_app_is_logged(client, enrolled):
    client.post(reverse("mfa_deactivate_totp"))

    rows = AuditEntry.objects.filter(act=Act.FACTOR_REMOVED).order_by("pk")
    assert [row.changes["factor"][0] for row in rows] == ["authenticator app", "recovery codes"]
    assert {(row.user, row.object_id, row.address) for row in rows} == {
        (enrolled, str(enrolled.pk), HERE)
    }


def test_wrong_second_factor_is_logged(enrolled):
    browser = begin_second_step(enrolled)

    browser.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert the_only(Act.FACTOR_FAILED) == (None, str(enrolled.pk), HERE, {})


def test_reused_code_is_logged(client, enrolled):
    confirm(client, enrolled.secret)
    browser = begin_second_step(enrolled)

    browser.post(reverse("mfa_authenticate"), {"code": totp_code(enrolled.secret, 1)})

    assert the_only(Act.FACTOR_FAILED)[1] == str(enrolled.pk)


@pytest.mark.parametrize(
    "credential", ['{"id": "x"}', '{"id": "x", "response": {"userHandle": "MQ"}}']
)
def test_forged_passkey_is_logged(client, site_root, credential):
    make_user(EMAIL)
    client.post(reverse("account-passkey"), HTTP_ACCEPT="application/json")

    client.post(reverse("account-passkey"), {"credential": credential})

    assert the_only(Act.FACTOR_FAILED) == (None, "", HERE, {})


def test_removed_passkey_is_logged(client, ada):
    key = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Key"})

    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))

    assert the_only(Act.FACTOR_REMOVED) == (
        ada, str(ada.pk), HERE, {"factor": ["passkey", None]}
    )  # fmt: skip


def test_used_recovery_code_is_logged(enrolled):
    browser = begin_second_step(enrolled)

    browser.post(reverse("mfa_authenticate"), {"code": codes_of(enrolled)[0]})

    assert the_only(Act.CODE_USED) == (enrolled, str(enrolled.pk), HERE, {})


def test_new_recovery_codes_are_logged(client, enrolled):
    AuditEntry.objects.all()._raw_delete("default")

    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(reverse("mfa_generate_recovery_codes"))

    assert the_only(Act.CODES_MADE) == (enrolled, str(enrolled.pk), HERE, {})


def change_password(client, old):
    return client.post(
        reverse("account_change_password"),
        {"oldpassword": old, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )


def test_changed_password_is_logged(client, ada):
    change_password(client, PASSWORD)

    assert the_only(Act.PASSWORD_CHANGED) == (ada, str(ada.pk), HERE, {})


def test_wrong_old_password_is_logged(client, ada):
    change_password(client, "my-secret-of-elsewhere")

    assert the_only(Act.PASSWORD_FAILED) == (ada, str(ada.pk), HERE, {})
    assert not AuditEntry.objects.filter(about__contains="secret").exists()


def test_first_password_is_logged(client, ada):
    ada.set_unusable_password()
    ada.save()
    client.force_login(ada)
    client.post(reverse("account_set_password"), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})  # fmt: skip

    assert the_only(Act.PASSWORD_SET) == (ada, str(ada.pk), HERE, {})


def test_password_reset_is_logged(client, site_root):
    user = make_user(EMAIL)

    set_password(client, reset_link(client))

    assert the_only(Act.PASSWORD_RESET) == (user, str(user.pk), HERE, {})


def test_changed_address_is_logged_without_the_address(client, ada):
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    type_code(client, code_in(mails("new@example.com")[-1]))

    assert the_only(Act.EMAIL_CHANGED) == (ada, str(ada.pk), HERE, {})
    assert the_only(Act.EMAIL_CONFIRMED) == (ada, str(ada.pk), HERE, {})
    assert the_only(Act.EMAIL_ADDED) == (ada, str(ada.pk), HERE, {})


@pytest.mark.parametrize(
    ("signal", "act"), [(email_added, Act.EMAIL_ADDED), (email_removed, Act.EMAIL_REMOVED)]
)
def test_added_or_removed_address_is_logged(ada, signal, act):
    request = RequestFactory().post("/", REMOTE_ADDR=HERE)
    request.user = ada

    signal.send(type(ada), request=request, user=ada, email_address=ada.emailaddress_set.get())

    assert the_only(act) == (ada, str(ada.pk), HERE, {})


@pytest.mark.parametrize("has_account", [True, False])
def test_wrong_sign_in_code_is_one_row_with_or_without_an_account(client, shop, has_account):
    user = make_user(EMAIL) if has_account else None
    client.post(reverse("account_request_login_code"), {"email": EMAIL})

    type_code(client, "000000", "account_confirm_login_code")

    assert the_only(Act.CODE_FAILED) == (None, str(user.pk) if user else "", HERE, {})


@pytest.mark.parametrize("has_account", [True, False])
def test_wrong_address_code_is_one_row_with_or_without_an_account(client, shop, has_account):
    if has_account:
        make_user(EMAIL)
    sign_up(client)
    code = "000000" if has_account else another(code_in(mails(EMAIL)[-1]))

    type_code(client, code)

    assert the_only(Act.CODE_FAILED)[2] == HERE


@pytest.mark.parametrize("one", [True, False])
def test_ended_sessions_are_logged(client, ada, one):
    sign_in(Client())
    session = ada.usersession_set.order_by("pk").last()

    client.post(reverse("usersessions_list"), {"session": session.pk} if one else {})

    assert the_only(Act.SESSIONS_ENDED) == (ada, str(ada.pk), HERE, {"sessions": ["1", None]})


def test_removals_from_an_unverified_account_are_logged(site_root):
    stranger, owner = Client(), Client(REMOTE_ADDR=HERE)
    sign_up(stranger, EMAIL)
    user = AuditEntry.user.field.related_model.objects.get(email=EMAIL)
    attach_factors(user)

    set_password(owner, reset_link(owner))

    assert the_only(Act.FACTOR_REMOVED)[:3] == (user, str(user.pk), HERE)
    assert the_only(Act.SERVICE_REMOVED)[3] == {"service": ["google", None]}


def test_password_removed_from_an_unverified_account_is_logged(site_root):
    sign_up(Client(), EMAIL)
    user = AuditEntry.user.field.related_model.objects.get(email=EMAIL)
    owner = Client(REMOTE_ADDR=HERE)
    owner.post(reverse("account_request_login_code"), {"email": EMAIL})

    type_code(owner, code_in(mails(EMAIL)[-1]), "account_confirm_login_code")

    assert the_only(Act.PASSWORD_REMOVED) == (user, str(user.pk), HERE, {})


# --- Staff ------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client, site_root):
    user = make_user("admin@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "admin@example.com")
    prove_again(client)
    return user


@pytest.mark.parametrize("one", [True, False])
def test_sessions_ended_by_staff_are_logged(client, admin, one):
    user = make_user(EMAIL)
    sign_in(Client())

    data = {"session": user.usersession_set.get().pk} if one else {}
    client.post(reverse("staff-user-sessions", args=[user.pk]), data)

    assert the_only(Act.SESSIONS_ENDED) == (admin, str(user.pk), HERE, {"sessions": ["1", None]})


def test_reset_link_sent_by_staff_is_logged(client, admin):
    user = make_user(EMAIL)

    client.post(reverse("staff-user-password-reset", args=[user.pk]))

    assert the_only(Act.RESET_SENT) == (admin, str(user.pk), HERE, {})


def test_invitation_is_logged(client, admin):
    client.post(
        reverse("wagtailusers_users:add"),
        {"email": "new@example.com", "first_name": "Ada", "last_name": "Fen",
         "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )  # fmt: skip

    user = type(admin).objects.get(email="new@example.com")
    assert the_only(Act.INVITED) == (admin, str(user.pk), HERE, {})


def test_page_describes_every_action_and_its_changes(client, admin):
    note = {"kind": "door", "object_id": "1", "about": "x"}
    for act in Act:
        AuditEntry.objects.create(act=act, changes={"factor": [None, "passkey"]}, **note)

    page = " ".join(client.get(reverse("audit-log")).text.split())

    assert "Factor: – → <strong>passkey</strong>" in page
    assert [act for act in Act if act.value == act.label and " " not in act.label and "-" in act.label] == []  # fmt: skip
    assert [act for act in Act if str(act.label) not in page] == []
    assert AuditView.paginate_by > len(Act)


# --- The process log --------------------------------------------------------------------------------


def test_log_identifies_accounts_by_key(client, ada, caplog):
    with caplog.at_level(logging.INFO, "vitrine.security"):
        change_password(client, PASSWORD)
        sign_in(Client(), password="wrong")
        client.post(reverse("account_logout"))

    lines = [row.getMessage() for row in caplog.records if row.name == "vitrine.security"]
    assert f"password-changed: door {ada.pk} by {ada.pk} from {HERE}" in lines
    assert f"failed: door {ada.pk} by None from 127.0.0.1" in lines
    assert "@" not in "".join(lines)


def test_throttled_attempt_is_logged_with_its_ip_address(client, site_root, caplog):
    make_user(EMAIL)
    for _ in range(6):
        sign_in(client, password="wrong")

    lines = [row.getMessage() for row in caplog.records if row.getMessage().startswith("throttled")]
    assert lines
    assert all(line.endswith(f" from {HERE}") for line in lines)
