"""Second factors over HTTP: setting them up, signing in with them, and staff who must have one."""

import json
import re
import time
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Group, Permission
from django.test import Client, TestCase
from django.urls import reverse

from commerce.accounts.checks import check_second_factor
from commerce.accounts.factors import passkey_host
from tests.factories import make_user
from tests.signing import (
    is_signed_in,
    let_sign_in_age,
    mails,
    prove_again,
    reset_link,
    set_password,
    sign_in,
)

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
OVERVIEW = "/accounts/2fa/"


def totp_code(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def text_of(response):
    return response.content.decode()


def enrol(client):
    """Set up an authenticator app in a signed-in browser and return its secret."""
    prove_again(client)
    page = text_of(client.get(reverse("mfa_activate_totp")))
    secret = re.search(r'class="key-text">([A-Z2-7]+)<', page).group(1)
    # Runs before the session is saved in a request; a test never commits.
    with patch("django.db.transaction.on_commit", lambda work, **kwargs: work()):
        client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    return secret


@pytest.fixture
def person(client):
    """A signed-out user with an authenticator app; ``person.secret`` is its secret."""
    user = make_user(EMAIL)
    sign_in(client)
    user.secret = enrol(client)
    client.post(reverse("account_logout"))
    return user


def codes_of(user):
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return kept.wrap().get_unused_codes()


def confirm(client, secret, steps=1, **data):
    """Enter a code of the app again; ``steps`` selects an unused one."""
    return client.post(reverse("mfa_reauthenticate"), {"code": totp_code(secret, steps), **data})


def test_setting_up_needs_the_password_again(client):
    make_user(EMAIL)
    sign_in(client)
    let_sign_in_age(client)

    response = client.get(reverse("mfa_activate_totp"))

    assert response.url.startswith(reverse("account_reauthenticate"))


def test_setting_up_an_app_gives_recovery_codes_and_sends_a_notice(client):
    user = make_user(EMAIL)
    sign_in(client)

    enrol(client)

    assert len(codes_of(user)) == 10
    assert "Two-step sign-in is on" in [mail.subject for mail in mails(EMAIL)]


def test_qr_code_is_one_path_without_inline_style_or_script(client):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)

    response = client.get(reverse("mfa_activate_totp"))

    svg = re.search(r"<svg.*?</svg>", text_of(response)).group(0)
    assert svg.count("<path") == 1
    assert "style" not in svg
    assert "<?xml" not in text_of(response)
    assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_secrets_are_encrypted_in_the_database(person):
    totp = Authenticator.objects.get(type=Authenticator.Type.TOTP)

    assert person.secret not in str(totp.data)
    assert totp.wrap().validate_code(totp_code(person.secret, 1))


def test_password_alone_does_not_sign_in(client, person):
    response = sign_in(client)

    assert response.url == reverse("mfa_authenticate")
    assert not is_signed_in(client)


def test_password_and_code_sign_in(client, person):
    sign_in(client)

    client.post(reverse("mfa_authenticate"), {"code": totp_code(person.secret)})

    assert is_signed_in(client)


def test_code_works_once(client, person):
    code = totp_code(person.secret)
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    thief = Client()
    sign_in(thief)

    response = thief.post(reverse("mfa_authenticate"), {"code": code})

    assert "isn’t right, or it has already been used" in text_of(response)
    assert not is_signed_in(thief)


def test_wrong_codes_are_throttled(client, person):
    stranger = Client()
    sign_in(stranger)
    for number in range(5):
        stranger.post(reverse("mfa_authenticate"), {"code": f"00000{number}"})

    response = stranger.post(reverse("mfa_authenticate"), {"code": totp_code(person.secret)})

    assert "Try again in" in text_of(response)
    assert not is_signed_in(stranger)


def test_recovery_code_signs_in_once_and_sends_a_notice(client, person):
    code = codes_of(person)[0]
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_signed_in(client)
    again = Client()
    sign_in(again)

    again.post(reverse("mfa_authenticate"), {"code": code})

    assert not is_signed_in(again)
    assert len(codes_of(person)) == 9
    assert "A recovery code was used" in [mail.subject for mail in mails(EMAIL)]


def test_password_reset_still_needs_the_second_factor(client, person):
    set_password(client, reset_link(client, EMAIL), "kettle-orbit-plum-9")

    sign_in(client, EMAIL, "kettle-orbit-plum-9")

    assert not is_signed_in(client)
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def signed_in_with_factor(client, person):
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": totp_code(person.secret)})


def test_password_does_not_replace_the_second_factor(client, person):
    signed_in_with_factor(client, person)
    let_sign_in_age(client)

    prove_again(client)
    response = client.get(reverse("account-codes"))

    assert response.url.startswith(reverse("mfa_reauthenticate"))


def test_staff_continue_from_the_recovery_codes_page(client, person):
    person.is_staff = True
    person.save()
    signed_in_with_factor(client, person)

    page = client.get(reverse("account-codes"))

    assert page.context["workplace"] == reverse("dashboard:index")


def test_recovery_codes_are_shown_and_downloaded_after_the_factor(client, person):
    signed_in_with_factor(client, person)
    confirm(client, person.secret)

    page, file = client.get(reverse("account-codes")), client.get(reverse("account-codes-download"))

    code = codes_of(person)[0]
    assert f"{code[:4]} {code[4:]}" in text_of(page)
    assert code in text_of(file)
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert "no-store" in page["Cache-Control"]
    assert "viewed_at" not in Authenticator.objects.get(type="recovery_codes").data


def test_new_recovery_codes_invalidate_the_old_ones(client, person):
    old = codes_of(person)
    signed_in_with_factor(client, person)
    confirm(client, person.secret)

    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(reverse("mfa_generate_recovery_codes"))

    assert not set(old) & set(codes_of(person))
    assert "New recovery codes were made" in [mail.subject for mail in mails(EMAIL)]


def test_removing_the_app_removes_the_recovery_codes(client, person):
    signed_in_with_factor(client, person)
    confirm(client, person.secret)

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()
    assert "The authenticator app was removed" in [mail.subject for mail in mails(EMAIL)]


def test_security_page_lists_all_factors(client, person):
    signed_in_with_factor(client, person)

    page = text_of(client.get(OVERVIEW))

    assert "You have 10 codes left" in page
    assert "Remove the app" in page
    assert "Add a passkey" in page


def test_passkey_challenge_needs_post(client):
    login = reverse("account-passkey")

    page, options = client.get(login), client.post(login, HTTP_ACCEPT="application/json")

    assert page.url == reverse("account_login")
    assert options.json()["publicKey"]["userVerification"] == "required"
    assert options.json()["publicKey"]["rpId"] == "testserver"


@pytest.mark.parametrize(
    ("site", "host", "belongs_to", "leads_to"),
    [
        ("https://shop.example", "shop.example", "shop.example", ""),
        (
            "http://127.0.0.1:8000",
            "127.0.0.1:8000",
            "localhost",
            "http://localhost:8000/accounts/2fa/",
        ),
        ("http://127.0.0.1:8000", "localhost:8000", "localhost", ""),
    ],
)
def test_shop_at_an_ip_address_links_to_a_host_where_passkeys_work(
    client, settings, site, host, belongs_to, leads_to
):
    settings.SITE_URL, settings.ALLOWED_HOSTS = site, ["*"]
    make_user(EMAIL)
    sign_in(client)

    page = text_of(client.get(OVERVIEW, headers={"host": host}))

    assert passkey_host() == belongs_to
    assert (leads_to in page) if leads_to else ("Add a passkey" in page)
    assert ("Add a passkey" in page) is not bool(leads_to)


def test_passkey_page_uses_the_shops_host_whatever_the_header_says(client):
    make_user(EMAIL)
    sign_in(client)
    prove_again(client)

    page = text_of(client.get(reverse("mfa_add_webauthn"), HTTP_HOST="localhost:6666"))

    assert '"id": "testserver"' in page


@pytest.mark.parametrize(
    "credential", ["[" * 200_000, "1" * 5_000, '"' + "a" * 20_000 + '"', "[" * 5_000]
)
def test_malformed_passkey_is_refused_with_a_message(client, credential):
    client.post(reverse("account-passkey"), HTTP_ACCEPT="application/json")

    response = client.post(reverse("account-passkey"), {"credential": credential})

    assert response.status_code < 500
    assert not is_signed_in(client)


@pytest.mark.parametrize("attestation", ["", "gQ" * 4_000, "oWNmbXRkbm9uZQ"])
def test_malformed_attestation_adds_no_passkey(client, attestation):
    make_user(EMAIL)
    sign_in(client)
    page = text_of(client.get(reverse("mfa_add_webauthn")))
    assert 'maxlength="60"' in page
    credential = {
        "id": "AQ", "rawId": "AQ", "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": attestation},
    }  # fmt: skip

    response = client.post(
        reverse("mfa_add_webauthn"), {"name": "Key", "credential": json.dumps(credential)}
    )

    assert response.status_code == 200
    assert not Authenticator.objects.exists()


def test_forged_passkey_does_not_sign_in(client):
    make_user(EMAIL)
    client.post(reverse("account-passkey"), HTTP_ACCEPT="application/json")

    for credential in ("{}", "[]", '{"id": "x", "response": {"userHandle": "MQ"}}', "not json"):
        client.post(reverse("account-passkey"), {"credential": credential})

    assert not is_signed_in(client)


# --- Staff ---------------------------------------------------------------------------------------


@pytest.fixture
def asked(settings):
    settings.STAFF_SECOND_FACTOR = True


def make_admin(email=EMAIL):
    return make_user(email, is_staff=True, is_superuser=True)


STAFF_PAGES = ["/admin/", "/admin/pages/", "/dashboard/", "/dashboard/orders/", "/dashboard/users/"]


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_without_a_factor_are_redirected_to_set_one_up(client, asked, path):
    make_admin()
    sign_in(client)

    response = client.get(path)

    assert response.url == f"{reverse('account-factor-needed')}?next={path.replace('/', '%2F')}"
    assert "Add a passkey" in text_of(client.get(response.url))


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_without_a_factor_cannot_post(client, asked, path):
    make_admin()
    sign_in(client)

    response = client.post(path, {"action": "make_inactive"})

    assert response.url.startswith(reverse("account-factor-needed"))


def test_editor_without_is_staff_needs_a_factor_too(client, asked):
    user = make_user(EMAIL)
    group = Group.objects.create(name="Writers")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    sign_in(client)

    assert client.get("/admin/").url.startswith(reverse("account-factor-needed"))


def test_customer_needs_no_factor(client, asked):
    make_user(EMAIL)
    sign_in(client)

    assert is_signed_in(client)


def test_staff_who_have_just_set_up_a_factor_continue(client, asked):
    make_admin()
    sign_in(client)
    enrol(client)

    assert client.get("/dashboard/").status_code == 200
    assert client.get(reverse("account-factor-needed")).url == reverse("dashboard:index")


def test_staff_session_without_the_factor_must_use_it(client, asked):
    user = make_admin()
    other = Client()
    sign_in(other)
    sign_in(client)
    secret = enrol(client)

    response = other.get("/dashboard/orders/?page=1")
    assert response.url.startswith(reverse("mfa_reauthenticate"))
    response = confirm(other, secret, next="/dashboard/orders/?page=1")

    assert response.url == "/dashboard/orders/?page=1"
    assert other.get("/dashboard/").status_code == 200
    assert user.pk


def test_staff_cannot_remove_their_last_factor(client, asked):
    make_admin()
    sign_in(client)
    enrol(client)

    page = text_of(client.post(reverse("mfa_deactivate_totp")))

    assert "Staff need a second step" in page
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_staff_need_no_factor_if_the_setting_is_off(client):
    make_admin()
    sign_in(client)

    assert client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize(
    ("asked_for", "key", "is_wrong"),
    [(False, "sk_live_x", True), (True, "sk_live_x", False), (False, "", False)],
)
def test_setting_may_be_off_with_the_demo_gateway_only(settings, asked_for, key, is_wrong):
    settings.STAFF_SECOND_FACTOR, settings.STRIPE_SECRET_KEY = asked_for, key

    assert [e.id for e in check_second_factor(None)] == (["vitrine.E021"] if is_wrong else [])
