"""Each role can open its own pages and no others."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, MERCHANDISER, SUPPORT
from home.staff.roles import create_page_roles
from tests.factories import make_user

SCREENS = {
    "dashboard:catalogue-product-list": {MERCHANDISER, SUPPORT, FINANCE, ADMIN},
    "dashboard:stock-alert-list": {MERCHANDISER, SUPPORT, FINANCE, ADMIN},
    "dashboard:catalogue-category-create": {MERCHANDISER, ADMIN},
    "dashboard:offer-list": {MERCHANDISER, SUPPORT, FINANCE, ADMIN},
    "dashboard:voucher-create": {MERCHANDISER, ADMIN},
    "dashboard:range-create": {MERCHANDISER, ADMIN},
    "dashboard:order-list": {SUPPORT, FINANCE, MERCHANDISER, ADMIN},
    "dashboard:users-index": {SUPPORT, ADMIN},
    "dashboard:comms-list": {ADMIN},
    "wagtailadmin_home": {EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN},
    "wagtailimages:index": {EDITOR, MERCHANDISER, ADMIN},
    "wagtailsnippets_home_banner:list": {EDITOR, ADMIN},
    "wagtailsnippets_home_productstory:add": {EDITOR, ADMIN},
    "wagtailusers_users:index": {ADMIN, SUPPORT},
    "wagtailsnippets_commerce_saleprice:list": {MERCHANDISER, FINANCE, ADMIN},
    "wagtailsnippets_commerce_saleprice:add": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_retirement:list": {MERCHANDISER, SUPPORT, ADMIN},
    "wagtailsnippets_commerce_retirement:add": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_productcollection:list": {EDITOR, MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_facetattribute:list": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_searchsynonym:add": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_promotedresult:add": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_searchmiss:list": {MERCHANDISER, ADMIN},
    "wagtailsnippets_commerce_outgoingmail:list": {SUPPORT, ADMIN},
}


@pytest.fixture
def staff(site_root, client):
    """A function that signs in a user with a role."""
    create_page_roles()

    def sign_in(role):
        user = make_user(f"{role.lower()}@example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


@pytest.mark.parametrize("role", [EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN])
def test_role_can_open_its_pages_and_no_others(staff, role):
    client = staff(role)

    reached = {name for name in SCREENS if client.get(reverse(name)).status_code == 200}

    assert reached == {name for name, roles in SCREENS.items() if role in roles}


#: Wagtail lists in the dashboard's menu.
IN_THE_MENU = {
    "saleprice": {MERCHANDISER, FINANCE, ADMIN},
    "productcollection": {EDITOR, MERCHANDISER, ADMIN},
    "facetattribute": {MERCHANDISER, ADMIN},
    "searchsynonym": {MERCHANDISER, ADMIN},
    "promotedresult": {MERCHANDISER, ADMIN},
    "searchmiss": {MERCHANDISER, ADMIN},
}


@pytest.mark.parametrize("role", [EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN])
def test_dashboard_links_to_the_lists_that_a_role_may_open(staff, role):
    client = staff(role)

    menu = client.get(reverse("dashboard:index")).text

    urls = {model: reverse(f"wagtailsnippets_commerce_{model}:list") for model in IN_THE_MENU}
    led_to = {model for model, url in urls.items() if f'href="{url}"' in menu}
    assert led_to == {model for model, roles in IN_THE_MENU.items() if role in roles}
    assert all(client.get(urls[model]).status_code == 200 for model in led_to)


def test_customer_can_open_no_staff_page(site_root, client):
    client.force_login(make_user())

    for name in SCREENS:
        assert client.get(reverse(name)).status_code in (302, 403), name


def test_guest_is_redirected_to_the_sign_in_page(site_root, client):
    for name in SCREENS:
        response = client.get(reverse(name), follow=True)
        assert response.redirect_chain[-1][0].startswith(reverse("account_login")), name


def test_creating_the_roles_again_changes_nothing(site_root):
    create_page_roles()
    before = {group.name: group.permissions.count() for group in Group.objects.all()}

    create_page_roles()

    assert {group.name: group.permissions.count() for group in Group.objects.all()} == before
    assert set(before) >= {EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN}


def test_permissions_added_by_an_administrator_stay(site_root):
    from django.contrib.auth.models import Permission

    create_page_roles()
    extra = Permission.objects.get(codename="delete_user")
    Group.objects.get(name=SUPPORT).permissions.add(extra)

    create_page_roles()

    assert extra in Group.objects.get(name=SUPPORT).permissions.all()


def test_support_can_view_but_not_change_users(staff):
    other = make_user("customer@example.com")
    client = staff(SUPPORT)

    client.post(
        reverse("wagtailusers_users:edit", args=[other.pk]),
        {"email": other.email, "first_name": "A", "last_name": "B", "is_superuser": "on"},
    )

    other.refresh_from_db()
    assert not other.is_superuser
    assert other.first_name != "A"
