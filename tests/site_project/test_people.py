"""Which users may change which in the Wagtail admin, and what the audit log records."""

import time

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse

from commerce.accounts.reauthentication import SIGNED_IN_AT
from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, MERCHANDISER, SUPPORT
from commerce.dashboard.permission_report import make_person
from commerce.models import AuditEntry, SalePrice
from home.staff.roles import create_page_roles
from tests.factories import make_user
from tests.signing import mails

User = get_user_model()


@pytest.fixture
def roles(shop, site_root):
    create_page_roles()


@pytest.fixture
def sign_in(client, roles):
    """A function that signs in a user with a role and a recent sign-in."""

    def sign_in_as(role, *, is_staff=True):
        person = make_person(role)
        User.objects.filter(pk=person.pk).update(is_staff=is_staff)
        client.force_login(person)
        session = client.session
        session[SIGNED_IN_AT] = int(time.time())
        session.save()
        return person

    return sign_in_as


@pytest.fixture
def root(roles):
    return make_user("root@example.com", is_staff=True, is_superuser=True)


def edit(client, person, **changes):
    data = {
        "email": person.email, "first_name": "Ada", "last_name": "Fen", "is_active": "on",
        "is_staff": "on" if person.is_staff else "", **changes,
    }  # fmt: skip
    return client.post(reverse("wagtailusers_users:edit", args=[person.pk]), data)


def bulk(client, action, *people, **data):
    query = "&".join(f"id={person.pk}" for person in people)
    url = reverse("wagtail_bulk_action", args=["commerce", "user", action])
    return client.post(f"{url}?{query}", data)


def test_only_a_superuser_changes_a_superuser(client, sign_in, root):
    sign_in(ADMIN, is_staff=False)

    answer = edit(client, root, email="evil@example.com")
    page = client.get(reverse("wagtailusers_users:edit", args=[root.pk]))

    root.refresh_from_db()
    # Wagtail redirects with a message if a view refuses.
    assert {answer.status_code, page.status_code} <= {302, 403}
    assert root.email == "root@example.com"


def test_only_a_superuser_creates_a_superuser(client, sign_in):
    sign_in(ADMIN)
    clerk = make_user("clerk@example.com")
    names = {"first_name": "Ada", "last_name": "Fen", "is_superuser": "on"}

    client.post(reverse("wagtailusers_users:add"), {"email": "new@example.com", **names})
    edit(client, clerk, is_superuser="on")

    assert User.objects.filter(email="new@example.com").exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert "is_superuser" not in client.get(reverse("wagtailusers_users:add")).text


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("set_active_state", {"mark_as_active": "False"}),
        ("assign_role", {}),
        ("delete", {}),
    ],
)
def test_bulk_actions_skip_superusers(client, sign_in, root, action, data):
    sign_in(ADMIN)
    data = data or {"role": Group.objects.get(name=EDITOR).pk}

    answer = bulk(client, action, root, **data)

    root.refresh_from_db()
    assert answer.status_code in (302, 403)
    assert root.is_active
    assert not root.groups.exists()


def test_address_of_another_user_cannot_be_changed(client, sign_in):
    sign_in(ADMIN)
    clerk = make_user("clerk@example.com")

    edit(client, clerk, email="evil@example.com")

    clerk.refresh_from_db()
    assert (clerk.email, clerk.first_name) == ("clerk@example.com", "Ada")
    assert mails("evil@example.com") == []


@pytest.mark.parametrize("spelling", ["Clerk@Example.com", "clerk@ｅxample.com"])
def test_second_account_for_an_address_is_refused_with_a_message(client, sign_in, spelling):
    sign_in(ADMIN)
    make_user("clerk@example.com")

    page = client.post(
        reverse("wagtailusers_users:add"),
        {"email": spelling, "first_name": "Ada", "last_name": "Fen"},
    )

    assert page.status_code == 200
    assert "An account with this address already exists." in page.text


def test_new_staff_may_open_the_dashboard(client, sign_in):
    sign_in(ADMIN)
    support = Group.objects.get(name=SUPPORT)

    client.post(
        reverse("wagtailusers_users:add"),
        {
            "email": "new@example.com", "first_name": "Ada", "last_name": "Fen",
            "is_staff": "on", "groups": [support.pk],
        },
    )  # fmt: skip

    person = User.objects.get(email="new@example.com")
    assert (person.is_staff, person.is_superuser) == (True, False)
    assert list(person.groups.all()) == [support]


def entries(**wanted):
    return AuditEntry.objects.filter(kind="commerce.user", **wanted)


@pytest.mark.parametrize("is_staff", [True, False])
def test_granted_roles_are_logged(client, sign_in, is_staff):
    admin = sign_in(ADMIN, is_staff=is_staff)
    clerk = make_user("clerk@example.com")
    groups = Group.objects.filter(name__in=[ADMIN, FINANCE])

    edit(client, clerk, groups=[group.pk for group in groups])

    entry = entries(object_id=clerk.pk, user=admin).get(changes__has_key="groups")
    assert entry.changes["groups"] == [None, "Admin, Finance"]
    assert (entry.address, bool(entry.actor)) == ("127.0.0.1", True)


@pytest.mark.parametrize("is_staff", [True, False])
def test_deactivation_is_logged(client, sign_in, is_staff):
    admin = sign_in(ADMIN, is_staff=is_staff)
    clerk = make_user("clerk@example.com")

    edit(client, clerk, is_active="")

    entry = entries(object_id=clerk.pk, user=admin).get(changes__has_key="is_active")
    assert entry.changes["is_active"] == ["True", "False"]


def test_bulk_deactivation_is_logged_per_user(client, sign_in):
    admin = sign_in(ADMIN)
    people = [make_user("one@example.com"), make_user("two@example.com")]

    bulk(client, "set_active_state", *people, admin, mark_as_active="False")

    admin.refresh_from_db()
    assert admin.is_active
    for person in people:
        person.refresh_from_db()
        assert not person.is_active
        assert entries(object_id=person.pk, user=admin).get().changes == {
            "is_active": ["True", "False"]
        }


def test_bulk_role_change_is_logged_per_user(client, sign_in):
    admin = sign_in(ADMIN, is_staff=False)
    people = [make_user("one@example.com"), make_user("two@example.com")]

    bulk(client, "assign_role", *people, role=Group.objects.get(name=EDITOR).pk)

    for person in people:
        assert entries(object_id=person.pk, user=admin, changes__has_key="groups").exists()


def test_price_change_by_an_editor_is_logged_with_a_name(client, sign_in, vase):
    merchandiser = sign_in(MERCHANDISER, is_staff=False)
    sale = SalePrice.objects.create(
        stockrecord=vase.stockrecords.get(), price=30, start="2026-01-01T00:00Z"
    )

    client.post(
        reverse("wagtailsnippets_commerce_saleprice:edit", args=[sale.pk]),
        {
            "stockrecord": sale.stockrecord_id, "price": "20.00",
            "start": "2026-01-01 00:00", "until": "",
        },
    )  # fmt: skip

    sale.refresh_from_db()
    assert sale.price == 20
    entry = AuditEntry.objects.filter(kind="commerce.saleprice").latest("pk")
    assert entry.user == merchandiser


@pytest.mark.parametrize("role", [EDITOR, MERCHANDISER])
@pytest.mark.parametrize("model", ["outgoingmail", "searchmiss"])
def test_bulk_page_does_not_reveal_rows_of_read_only_lists(client, sign_in, role, model):
    sign_in(role)

    url = reverse("wagtail_bulk_action", args=["commerce", model, "delete"])

    assert client.get(f"{url}?id=all").status_code == 403


@pytest.mark.parametrize(("role", "offered"), [(SUPPORT, False), (ADMIN, True)])
def test_checkboxes_are_offered_to_users_who_may_act(client, sign_in, role, offered):
    sign_in(role)
    make_user("clerk@example.com")

    page = client.get(reverse("wagtailusers_users:index"))

    assert page.status_code == 200
    assert ("bulk-action-checkbox" in page.text) is offered


def test_staff_cannot_erase_themselves(client, sign_in):
    person = sign_in(MERCHANDISER)

    page = client.post(reverse("customer:profile-delete"), {"confirm": "on"})

    assert page.status_code == 200
    assert "This is a staff account." in page.text
    assert User.objects.filter(pk=person.pk).exists()


def test_default_groups_of_wagtail_and_oscar_are_deleted_unless_used(shop, site_root):
    for name in ("Moderators", "Editors"):
        Group.objects.get_or_create(name=name)
    make_user("old@example.com").groups.add(Group.objects.get(name="Editors"))

    create_page_roles()

    names = set(Group.objects.values_list("name", flat=True))
    assert names == {ADMIN, EDITOR, FINANCE, MERCHANDISER, SUPPORT, "Editors"}
