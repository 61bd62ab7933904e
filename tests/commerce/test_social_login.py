"""Signing in with an OpenID Connect provider whose HTTP endpoints are stubbed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import AuditEntry
from site_project.environment import Environment
from site_project.settings_social import social_providers
from tests.factories import PASSWORD, make_basket, make_user
from tests.signing import code_in, is_signed_in, let_sign_in_age, mails, sign_in, sign_up, type_code

pytestmark = pytest.mark.django_db
User = get_user_model()
EMAIL = "ada@example.com"
SERVER = "https://id.example.com"


class Answer:
    """A response of the provider."""

    def __init__(self, data):
        self.data, self.status_code, self.ok = data, 200, True
        self.headers = {"content-type": "application/json"}
        self.text = ""

    def json(self):
        return self.data

    def raise_for_status(self):
        """Do nothing: every response is a success."""


class Provider:
    """The provider's endpoints, without a network."""

    def __init__(self):
        self.person = {}

    def request(self, method, url, **kwargs):
        path = urlsplit(url).path
        if path.endswith("/openid-configuration"):
            return Answer(
                {
                    "issuer": SERVER,
                    "authorization_endpoint": f"{SERVER}/authorize",
                    "token_endpoint": f"{SERVER}/token",
                    "userinfo_endpoint": f"{SERVER}/userinfo",
                }
            )
        if path == "/token":
            return Answer({"access_token": "t", "token_type": "Bearer", "expires_in": 60})
        assert path == "/userinfo"
        return Answer(self.person)


@pytest.fixture
def provider(settings, monkeypatch):
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc", "name": "Harbour ID", "client_id": "shop",
                    "secret": "s", "settings": {"server_url": SERVER, "fetch_userinfo": True},
                }
            ]
        }
    }  # fmt: skip
    fake = Provider()
    monkeypatch.setattr(
        "requests.Session.request", lambda _s, method, url, **kw: fake.request(method, url, **kw)
    )
    return fake


def come_back(client, provider, *, email=EMAIL, verified=True, uid="u1", process="login"):
    """Go to the provider and return from it as a user."""
    provider.person = {"sub": uid, "email": email, "email_verified": verified, "name": "Ada"}
    start = client.post(f"/accounts/oidc/oidc/login/?process={process}")
    state = parse_qs(urlsplit(start.url).query)["state"][0]
    return client.get("/accounts/oidc/oidc/login/callback/", {"code": "c", "state": state})


def guest_order():
    return get_model("order", "Order").objects.create(
        number="SM-1", guest_email=EMAIL, status="Paid", total_incl_tax=1, total_excl_tax=1,
        basket=make_basket(), shipping_incl_tax=0, shipping_excl_tax=0,
    )  # fmt: skip


def test_no_provider_is_offered_until_configured(client):
    text = client.get(reverse("account_login")).content.decode()

    assert "Continue with" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/google/login/",
        "/accounts/google/login/callback/",
        "/accounts/google/login/token/",
        "/accounts/oidc/oidc/login/",
        "/accounts/oidc/oidc/login/callback/",
    ],
)
def test_unconfigured_provider_is_a_404(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_configured_provider_has_a_button_that_posts(client, provider):
    text = client.get(reverse("account_login")).content.decode()

    assert "Continue with Harbour ID" in text
    # a page with a button; a link alone does not sign in
    assert client.get("/accounts/oidc/oidc/login/").status_code == 200


def test_new_user_gets_an_account(client, provider):
    come_back(client, provider)

    assert is_signed_in(client)
    assert not User.objects.get().has_usable_password()


def test_account_without_a_password_signs_in_again_at_the_provider(client, provider):
    come_back(client, provider)
    assert client.get(reverse("account-data")).status_code == 200
    let_sign_in_age(client)

    for ask in (client.get, client.post):
        response = ask(reverse("account-data"))
        assert response.url.startswith(reverse("account-sign-in-again"))
    assert client.post(
        reverse("account_email"), {"email": "x@example.com", "action_add": ""}
    ).url.startswith(reverse("account-sign-in-again"))
    page = client.get(response.url)
    again = client.post(reverse("account-sign-in-again"), {"next": reverse("account-data")})

    assert "Sign in again" in page.content.decode()
    assert again.url == f"{reverse('account_login')}?next=%2Faccounts%2Fdata%2F"
    assert not is_signed_in(client)
    come_back(client, provider)
    assert client.get(reverse("account-data")).status_code == 200


def test_signing_in_again_never_redirects_to_another_site(client, provider):
    come_back(client, provider)

    again = client.post(reverse("account-sign-in-again"), {"next": "https://elsewhere.example/"})

    assert again.url == reverse("account_login")


def test_address_not_verified_by_the_provider_needs_a_code(client, provider):
    come_back(client, provider, verified=False)
    assert not is_signed_in(client)

    type_code(client, code_in(mails(EMAIL)[-1]))

    assert is_signed_in(client)


def test_address_verified_on_both_sides_connects_the_accounts(client, provider):
    user = make_user(EMAIL)

    come_back(client, provider)

    assert is_signed_in(client)
    assert SocialAccount.objects.get().user == user
    assert user.check_password(PASSWORD)
    assert "Harbour ID can sign you in" in [mail.subject for mail in mails(EMAIL)]


def test_address_unverified_at_the_provider_opens_no_account(client, provider):
    make_user(EMAIL)

    come_back(client, provider, verified=False)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()


def test_address_unverified_here_is_not_connected(client, provider):
    sign_up(Client(), EMAIL)

    come_back(client, provider)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_strangers_connection_is_removed_when_the_owner_verifies_the_address(client, provider):
    come_back(client, provider, verified=False, uid="stranger")
    owner = Client()
    owner.post(reverse("account_request_login_code"), {"email": EMAIL})

    type_code(owner, code_in(mails(EMAIL)[-1]), "account_confirm_login_code")

    assert is_signed_in(owner)
    assert not SocialAccount.objects.exists()


def test_guest_orders_need_a_code_in_this_browser(client, provider):
    order = guest_order()

    come_back(client, provider)

    order.refresh_from_db()
    assert order.user is None


def test_response_without_our_state_does_not_sign_in(client, provider):
    provider.person = {"sub": "u1", "email": EMAIL, "email_verified": True}

    client.get("/accounts/oidc/oidc/login/callback/", {"code": "c", "state": "forged"})

    assert not is_signed_in(client)


def test_provider_can_be_connected_and_disconnected(client, provider):
    make_user(EMAIL)
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    come_back(client, provider, email="other@example.com", process="connect")
    page = client.get(reverse("socialaccount_connections")).content.decode()
    assert "Disconnect" in page
    client.post(reverse("socialaccount_connections"), {"account": SocialAccount.objects.get().pk})

    assert not SocialAccount.objects.exists()
    acts = AuditEntry.objects.filter(act__startswith="service-").order_by("pk")
    assert [(entry.act, entry.user.email, entry.changes["service"]) for entry in acts] == [
        ("service-added", EMAIL, [None, "oidc"]),
        ("service-removed", EMAIL, ["oidc", None]),
    ]


def test_providers_come_from_the_environment(monkeypatch, tmp_path):
    for name in ("GOOGLE_CLIENT_ID", "OIDC_SERVER_URL", "OIDC_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    env = Environment(tmp_path / "none")
    assert social_providers(env) == {}

    monkeypatch.setenv("GOOGLE_CLIENT_ID", "g")
    monkeypatch.setenv("OIDC_SERVER_URL", SERVER)
    with pytest.raises(ImproperlyConfigured):
        social_providers(env)
    monkeypatch.setenv("OIDC_CLIENT_ID", "shop")

    assert sorted(social_providers(env)) == ["google", "openid_connect"]
