"""Staff cannot read codes and links meant for other users."""

import re

import pytest
from django.core.cache import cache
from django.urls import NoReverseMatch, get_resolver, reverse
from wagtail.snippets.models import get_snippet_models

from commerce.dashboard.permission_report import ROLES, SUPERUSER, make_person
from commerce.models import OutgoingMail
from home.staff.roles import create_page_roles
from tests.factories import make_user
from tests.site_project.test_private_pages import all_views
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(site_root, client, monkeypatch):
    """A sign-in code for the administrator, in an unsent mail."""
    create_page_roles()
    cache.clear()  # Earlier tests must not count towards the limits.
    make_user("admin@example.com", is_staff=True, is_superuser=True)
    monkeypatch.setattr("commerce.mail.outbox.send_mail_task", _Queue())
    client.post(reverse("account_request_login_code"), {"email": "admin@example.com"})
    mail = OutgoingMail.objects.get(to="admin@example.com")
    client.cookies.clear()
    return mail.subject.split()[0]


class _Queue:
    """A task queue without a worker."""

    def enqueue(self, *args):
        return None


LISTS = (
    "wagtailsnippets_commerce_outgoingmail:list",
    "wagtailsnippets_commerce_outgoingmail:list_results",
    "attention",
)


@pytest.mark.parametrize("role", ROLES)
def test_code_for_another_user_is_in_no_list(code, client, role):
    assert code.isdigit()
    mail = OutgoingMail.objects.get()
    client.force_login(make_person(role))

    pages = [client.get(reverse(name)) for name in LISTS]
    pages.append(
        client.get(reverse("wagtailsnippets_commerce_outgoingmail:inspect", args=[mail.pk]))
    )

    assert not [page.request["PATH_INFO"] for page in pages if code in page.text]
    if role == SUPERUSER:
        assert pages[0].status_code == 200
        assert pages[-1].status_code == 404


def test_parked_code_is_hidden_from_staff_who_handle_mail(code, client):
    OutgoingMail.objects.update(state=OutgoingMail.State.PARKED)
    client.force_login(make_person("Support"))

    page = client.get(reverse("attention"))

    assert page.status_code == 200
    assert code not in page.text


def test_only_chosen_models_have_a_chooser(site_root):
    names = {f"{model._meta.app_label}_{model._meta.model_name}" for model in get_snippet_models()}

    with_chooser = {name for name in names if _has_chooser(name)}

    assert with_chooser == {"commerce_productcollection", "home_banner"}


def _has_chooser(name):
    try:
        return bool(reverse(f"wagtailsnippetchoosers_{name}:choose_results"))
    except NoReverseMatch:
        return False


def test_only_allauth_signs_in(site_root, client):
    """Only allauth's URLs accept a password."""
    make_user("ada@example.com")

    for path in ("/_util/login/", "/admin/login/", "/dashboard/login/", "/accounts/oscar-login/"):
        fields = {
            "username": "ada@example.com",
            "login": "ada@example.com",
            "password": "a-long-enough-password",
        }
        response = client.post(
            path,
            {**fields, "login-username": fields["username"], "login-password": fields["password"]},
        )
        assert "_auth_user_id" not in client.session, path
        assert response.status_code in (302, 405), path


def test_no_reachable_view_is_a_sign_in_form_of_another_library():
    from django.contrib.auth.views import LoginView
    from django.urls import resolve

    doors = []
    for route, callback in _views(get_resolver()):
        if issubclass(getattr(callback, "view_class", object), LoginView):
            path = "/" + route.replace("^", "").replace("$", "")
            if resolve(path).func is callback:  # Unreachable ones are hidden by our URLs.
                doors.append(route)

    assert doors == []


def _views(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _views(pattern, route)
        else:
            yield route, pattern.callback


#: Parameters of URLs whose value opens something for whoever has it.
SECRETS = {"hash", "key", "token"}


def test_access_log_cuts_every_secret_out_of_urls():
    config = (ROOT / "deploy" / "nginx" / "log.conf").read_text()
    cut = re.search(r'"~(\S+)" "\$\{begins\}\.\.\."', config)[1].replace("(?<", "(?P<")
    written, found = [], set()
    for name, path, parameters in all_views():
        if not SECRETS & set(parameters):
            continue
        found.add(name)
        address = "/" + path % dict.fromkeys(parameters, "a-secret")
        match = re.match(cut, address)
        if match is None or "a-secret" in match["begins"]:
            written.append(address)

    assert {"download", "guest-order", "wishlists:detail"} <= found
    assert written == []
