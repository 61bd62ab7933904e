"""The edit link is shown to staff who may edit the page, and to nobody else."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, MERCHANDISER
from commerce.index.listings import product_url
from home.models import StandardPage
from home.staff.roles import create_page_roles
from tests.factories import make_user


@pytest.fixture
def about(site_root):
    page = site_root.add_child(instance=StandardPage(title="About", slug="about"))
    page.save_revision().publish()
    return page


@pytest.fixture
def sign_in(client, site_root):
    """A function that signs in a user with a role; "" is a customer."""
    create_page_roles()

    def as_role(role):
        user = make_user(f"{role or 'ada'}@example.com", is_staff=bool(role))
        if role:
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)

    return as_role


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def dashboard_url(product):
    return reverse("dashboard:catalogue-product", args=[product.pk])


def shows(client, address, link):
    return f'<p class="edit-link"><a href="{link}">' in client.get(address).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "pages", "products"),
    [("", False, False), (EDITOR, True, False), (MERCHANDISER, False, True),
     (FINANCE, False, False), (ADMIN, True, True)],
)  # fmt: skip
def test_link_is_shown_to_users_who_may_edit(client, sign_in, about, vase, role, pages, products):
    sign_in(role)

    assert shows(client, "/about/", edit_url(about)) is pages
    assert shows(client, product_url(vase.pk, vase.slug), dashboard_url(vase)) is products
    assert "edit-link" not in client.get("/catalogue/").text


@pytest.mark.django_db
def test_link_opens_the_editor(client, sign_in, about, vase):
    sign_in(ADMIN)

    assert client.get(edit_url(about)).status_code == 200
    assert client.get(dashboard_url(vase)).status_code == 200


@pytest.mark.django_db
def test_preview_has_no_link(client, sign_in, about):
    sign_in(ADMIN)

    preview = client.get(reverse("wagtailadmin_pages:view_draft", args=[about.pk]))

    assert preview.status_code == 200
    assert "edit-link" not in preview.text


@pytest.mark.django_db(transaction=True)
def test_edit_link_is_not_cached_for_others(client, sign_in, about, vase, caching):
    caching()
    address = product_url(vase.pk, vase.slug)
    for role in (ADMIN, ""):
        sign_in(role)
        is_staff = bool(role)
        for _n in range(2):
            assert shows(client, "/about/", edit_url(about)) is is_staff
            assert shows(client, address, dashboard_url(vase)) is is_staff

    client.logout()
    for _n in range(2):
        assert not shows(client, "/about/", edit_url(about))
        assert not shows(client, address, dashboard_url(vase))
