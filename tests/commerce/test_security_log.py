"""The audit log records sign-ins, refusals and role changes: who, when, from where."""

import logging

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from commerce.accounts.roles import FINANCE, SUPPORT
from commerce.dashboard.permission_report import make_person
from commerce.models import AuditEntry
from home.staff.roles import create_page_roles
from tests import signing
from tests.factories import PASSWORD, make_paid_order, make_user

pytestmark = pytest.mark.django_db
Act = AuditEntry.Act


@pytest.fixture
def admin(site_root, client):
    create_page_roles()
    person = make_user("root@example.com", is_staff=True, is_superuser=True)
    signing.sign_in(client, "root@example.com")
    signing.prove_again(client)
    AuditEntry.objects.all()._raw_delete("default")
    return person


def sign_in(client, password):
    return client.post(
        reverse("account_login"),
        {"login": "ada@example.com", "password": password},
        REMOTE_ADDR="203.0.113.7",
    )


def test_sign_in_is_logged(client, site_root):
    ada = make_user("ada@example.com")

    sign_in(client, PASSWORD)

    entry = AuditEntry.objects.get(act=Act.SIGNED_IN)
    assert (entry.user, entry.object_id, entry.address) == (ada, str(ada.pk), "203.0.113.7")


def test_wrong_password_is_logged_without_the_input(client, site_root, caplog):
    make_user("ada@example.com")

    with caplog.at_level(logging.INFO, "vitrine.security"):
        sign_in(client, "my-secret-of-elsewhere")

    entry = AuditEntry.objects.get(act=Act.FAILED)
    assert (entry.user, entry.address) == (None, "203.0.113.7")
    assert "my-secret" not in caplog.text
    assert "failed" in caplog.text


def test_signing_out_is_logged(client, admin):
    client.post(reverse("account_logout"))

    assert AuditEntry.objects.get(act=Act.SIGNED_OUT).user == admin


def test_refused_change_is_logged(client, site_root):
    create_page_roles()
    person = make_person(FINANCE)
    client.force_login(person)

    client.post("/dashboard/users/", {"action": "make_inactive"})

    entry = AuditEntry.objects.get(act=Act.REFUSED)
    assert (entry.user, entry.about, entry.kind) == (person, "POST /dashboard/users/", "staff-page")


def test_refused_page_is_only_in_the_process_log(client, site_root, caplog):
    create_page_roles()
    client.force_login(make_person(FINANCE))

    with caplog.at_level(logging.WARNING, "vitrine.security"):
        client.get("/dashboard/users/")

    assert "refused: GET /dashboard/users/" in caplog.text
    assert not AuditEntry.objects.filter(act=Act.REFUSED).exists()


def test_request_for_another_customers_order_is_in_the_process_log(client, site_root, vase, caplog):
    order = make_paid_order((vase, 1), user=make_user("owner@example.com"))
    ada = make_user("ada@example.com")
    client.force_login(ada)

    with caplog.at_level(logging.WARNING, "vitrine.security"):
        answer = client.get(reverse("customer:order", args=[order.number]))

    assert answer.status_code == 404
    assert f"not found: GET customer:order to {ada.pk} from 127.0.0.1" in caplog.text


def test_deactivation_is_logged(client, admin):
    ada = make_user("ada@example.com")

    client.post("/dashboard/users/", {"action": "make_inactive", "selected_user": ada.pk})

    ada.refresh_from_db()
    entry = AuditEntry.objects.get(kind="commerce.user")
    assert not ada.is_active
    assert entry.changes == {"is_active": ["True", "False"]}
    assert (entry.user, entry.address) == (admin, "127.0.0.1")


def test_granted_role_is_logged_by_name(client, admin):
    ada = make_user("ada@example.com")
    support = Group.objects.get(name=SUPPORT)

    client.post(
        reverse("wagtailusers_users:edit", args=[ada.pk]),
        {
            "email": ada.email,
            "first_name": "Ada",
            "last_name": "Marsh",
            "is_active": "on",
            "groups": [support.pk],
        },
    )

    entry = AuditEntry.objects.filter(kind="commerce.user", changes__has_key="groups").get()
    assert entry.changes["groups"] == [None, "Support"]
    assert entry.user == admin


def test_log_shows_names_instead_of_keys(client, admin, vase):
    record = vase.stockrecords.get()
    client.post(
        reverse("wagtailsnippets_commerce_saleprice:add"),
        {"stockrecord": record.pk, "price": "9.00", "start": "2026-12-01 00:00"},
    )

    entry = AuditEntry.objects.get(kind="commerce.saleprice")
    assert entry.changes["stockrecord"] == [None, str(record)]
    assert str(record) in client.get(reverse("audit-log")).text
