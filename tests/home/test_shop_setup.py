"""setup_shop sets up an empty shop, can be run again, and prints no password."""

import io
import re
import sys
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site as DjangoSite
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from oscar.core.loading import get_model
from wagtail.models import Page, Site

from commerce.models import DeliveryMethod, OutgoingMail, User
from home.models import HomePage, StandardPage
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ADMIN = "owner@shop.example"
PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def production(settings, site_root):
    settings.SITE_URL, settings.SITE_NAME = "https://shop.example", "North & Vale"


def set_up(*arguments):
    said = StringIO()
    call_command("setup_shop", *arguments, stdout=said)
    return said.getvalue()


def contents():
    """The number of rows of each kind that the command may create."""
    models = (
        Page, Site, DjangoSite, Group, User, EmailAddress, DeliveryMethod, OutgoingMail,
        get_model("address", "Country"), get_model("partner", "Partner"),
        get_model("catalogue", "ProductClass"), get_model("wagtailcore", "Revision"),
    )  # fmt: skip
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


def test_empty_shop_is_complete_after_one_command(production, client, tmp_path):
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    said = set_up(
        "--admin", ADMIN, "--password-file", str(tmp_path / "password"), "--countries", "GB,IE"
    )

    assert [line.split(":")[0] for line in said.splitlines()] == [
        "Site", "Roles", "Tax", "Countries", "Delivery", "Catalogue", "Legal pages", "Administrator",
    ]  # fmt: skip
    assert PASSWORD not in said
    assert DjangoSite.objects.get(pk=1).domain == "shop.example"
    site = Site.objects.get(is_default_site=True)
    assert (site.hostname, site.port, site.site_name) == ("shop.example", 443, "North & Vale")
    assert HomePage.objects.get().title == "North & Vale"
    method = DeliveryMethod.objects.get()
    assert {country.pk for country in method.countries.all()} == {"GB", "IE"}
    assert get_model("catalogue", "Product").objects.count() == 0
    admin = User.objects.get()
    assert admin.check_password(PASSWORD)
    assert (admin.is_superuser, admin.groups.get().name) == (True, "Admin")
    signed_in = client.post("/accounts/login/", {"login": ADMIN, "password": PASSWORD})
    assert signed_in.status_code == 302
    assert client.get("/dashboard/").status_code == 200


def test_second_run_changes_nothing(production, tmp_path):
    (tmp_path / "password").write_text(PASSWORD)
    arguments = ("--admin", ADMIN, "--password-file", str(tmp_path / "password"))
    set_up(*arguments)
    before = contents()

    said = set_up(*arguments)

    assert contents() == before
    assert f"Administrator: {ADMIN} already exists." in said


def test_changes_by_staff_are_kept(production):
    set_up()
    DeliveryMethod.objects.update(price="7.00")
    StandardPage.objects.filter(slug="terms").update(title="Our terms", live=True)

    set_up("--delivery-price", "1.00")

    assert str(DeliveryMethod.objects.get().price) == "7.00"
    assert StandardPage.objects.get(slug="terms").title == "Our terms"


def test_legal_pages_are_drafts_that_name_what_is_missing(production, client):
    set_up()

    pages = StandardPage.objects.order_by("path")
    assert [page.slug for page in pages] == ["terms", "privacy", "delivery-returns", "legal-notice"]
    assert not any(page.live for page in pages)
    for page in pages:
        assert "This page is not written yet. It must cover:" in str(page.body)
        assert page.get_latest_revision() is not None
        assert client.get(f"/{page.slug}/").status_code == 404


def test_mailed_link_to_set_the_password_works(
    production, client, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        said = set_up("--admin", ADMIN, "--mail-link")

    (message,) = outbox.outbox
    (url,) = re.findall(r"https://shop\.example(/\S+)", message.body)
    assert message.to == [ADMIN]
    assert url not in said
    assert not User.objects.get().has_usable_password()
    form = client.get(url, follow=True)
    client.post(
        form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}, follow=True
    )
    assert User.objects.get().check_password(PASSWORD)


def test_password_is_read_from_a_pipe(production, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))

    set_up("--admin", ADMIN, "--password-file", "-")

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--admin", "nobody"], "valid email"),
        (["--admin", ADMIN], "use --password-file or --mail-link"),
        (["--admin", ADMIN, "--password-file", "/nowhere"], "cannot be read"),
        (["--admin", "customer@shop.example", "--mail-link"], "belongs to an account"),
        (["--countries", "GB,XX"], "Unknown country: XX"),
        (["--countries", ""], "no code given"),
        (["--delivery-price", "cheap"], "must be an amount"),
        (["--delivery-price", "-1"], "must be an amount"),
    ],
)
def test_invalid_arguments_are_reported_in_a_sentence(production, monkeypatch, arguments, words):
    make_user("customer@shop.example")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    with pytest.raises(CommandError, match=words):
        set_up(*arguments)

    assert not User.objects.filter(is_superuser=True).exists()


def test_weak_password_is_refused(production, tmp_path):
    (tmp_path / "password").write_text("12345678")

    with pytest.raises(CommandError, match="stolen passwords"):
        set_up("--admin", ADMIN, "--password-file", str(tmp_path / "password"))

    assert not User.objects.exists()
