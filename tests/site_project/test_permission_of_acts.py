"""Each action of a staff page requires its own permission."""

import time

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from commerce.accounts.reauthentication import SIGNED_IN_AT
from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, SUPPORT
from commerce.dashboard.permission_report import make_person
from home.staff.roles import create_page_roles
from tests.factories import make_offer, make_order, make_user


@pytest.fixture
def sign_in(client, site_root):
    """A function that signs in staff with only these permissions."""

    def sign_in_with(*permissions):
        user = make_user("clerk@example.com", is_staff=True)
        for permission in permissions:
            label, codename = permission.split(".")
            user.user_permissions.add(
                Permission.objects.get(content_type__app_label=label, codename=codename)
            )
        client.force_login(user)

    return sign_in_with


@pytest.fixture
def as_role(client, shop, site_root):
    create_page_roles()

    def sign_in_as(role):
        client.force_login(make_person(role))
        session = client.session
        session[SIGNED_IN_AT] = int(time.time())
        session.save()

    return sign_in_as


@pytest.mark.parametrize(
    ("act", "asks"),
    [
        ("save_note", "order.add_ordernote"),
        ("delete_note", "order.delete_ordernote"),
        ("dispatch_parcel", "commerce.add_shipment"),
        ("mark_delivered", "commerce.change_shipment"),
        ("give_up_rest", "order.change_order"),
        ("change_order_status", "order.change_order"),
    ],
)
def test_each_order_action_needs_its_own_permission(client, sign_in, vase, act, asks):
    order = make_order(vase)
    others = {"order.add_ordernote", "commerce.change_shipment"} - {asks}
    sign_in("order.view_order", *others)
    url = reverse("dashboard:order-detail", args=[order.number])

    assert client.post(url, {"order_action": act}).status_code == 403

    user = make_user("other@example.com", is_staff=True)
    label, codename = asks.split(".")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", codename]))
    client.force_login(user)
    note = order.notes.create(message="Ring twice", user=user)
    data = {"order_action": act, "note_id": note.pk, "new_status": "", "message": "Ring"}
    assert client.post(url, data).status_code in (200, 302)


def test_permission_for_product_texts_does_not_include_prices(client, sign_in, vase):
    sign_in("catalogue.view_product", "catalogue.change_product")

    response = client.post(reverse("dashboard:catalogue-product", args=[vase.pk]))

    assert response.status_code == 403


@pytest.mark.parametrize("permission", ["add", "change"])
def test_offer_wizard_needs_both_of_its_permissions(client, sign_in, shop, permission):
    offer = make_offer()
    sign_in("offer.view_conditionaloffer", f"offer.{permission}_conditionaloffer")

    new = client.get(reverse("dashboard:offer-metadata"))
    old = client.get(reverse("dashboard:offer-metadata", args=[offer.pk]))

    assert (new.status_code, old.status_code) == (403, 403)


def test_finance_exports_selected_orders_but_changes_none(client, as_role, vase):
    as_role(FINANCE)
    order = make_order(vase)
    url = reverse("dashboard:order-list")

    page = client.get(url).text
    file = client.post(url, {"action": "download_selected_orders", "selected_order": order.pk})
    refused = client.post(
        url,
        {"action": "change_order_statuses", "selected_order": order.pk, "new_status": "Cancelled"},
    )

    assert "download_selected_orders" in page
    assert "change_order_statuses" not in page
    assert file["Content-Type"].startswith("text/csv")
    assert order.number in file.text
    assert refused.status_code == 403


def test_support_is_offered_to_change_order_statuses(client, as_role, vase):
    as_role(SUPPORT)
    make_order(vase)

    assert "change_order_statuses" in client.get(reverse("dashboard:order-list")).text


@pytest.mark.parametrize(("role", "sees"), [(EDITOR, False), (FINANCE, True)])
def test_statistics_need_access_to_orders(client, as_role, role, sees):
    as_role(role)

    page = client.get(reverse("dashboard:index")).text

    assert ("Total Orders" in page) is sees


def test_wagtail_account_settings_accept_no_picture(client, as_role):
    as_role(EDITOR)

    page = client.get(reverse("wagtailadmin_account"))

    assert page.status_code == 200
    assert 'type="file"' not in page.text


def test_partner_pages_work(client, as_role, vase):
    as_role(FINANCE)
    partner = vase.stockrecords.get().partner

    for url in (
        reverse("dashboard:partner-list"),
        reverse("dashboard:partner-manage", args=[partner.pk]),
    ):
        page = client.get(url)
        assert page.status_code == 200
        assert partner.name in page.text


def test_partner_with_stock_cannot_be_deleted(client, as_role, vase):
    as_role(ADMIN)
    partner = vase.stockrecords.get().partner
    url = reverse("dashboard:partner-delete", args=[partner.pk])

    page = client.post(url, follow=True)

    assert "has the stock and price of 1 product." in page.text
    assert vase.stockrecords.exists()
    vase.stockrecords.all().delete()
    client.post(url)
    assert not type(partner).objects.filter(pk=partner.pk).exists()


def test_customers_are_listed_with_their_orders(client, as_role, vase):
    as_role(ADMIN)
    ada = make_user("ada@example.com")
    make_order(vase, user=ada)
    make_order(vase, user=ada)

    for sort in ("", "num_orders", "-num_orders", "actions"):
        page = client.get(reverse("dashboard:users-index"), {"sort": sort})
        rows = {
            row.record.email: row.get_cell_value("num_orders") for row in page.context["users"].rows
        }
        assert rows["ada@example.com"] == 2
        assert rows["admin@roles.invalid"] == 0


@pytest.mark.parametrize(
    "query", [{"page": "x"}, {"initial": "x"}, {"page_limit": "x", "q": "a"}, {"page": "9" * 30}]
)
def test_malformed_product_lookup_is_not_found(client, as_role, query):
    as_role(ADMIN)

    assert client.get(reverse("dashboard:catalogue-product-lookup"), query).status_code in (
        200,
        404,
    )


def test_unverified_address_opens_the_account_page(client, as_role):
    as_role(ADMIN)
    hannah = make_user("hannah@example.com")
    hannah.emailaddress_set.all().delete()

    page = client.post(reverse("staff-privacy"), {"email": "Hannah@example.com"})

    assert reverse("staff-user-privacy", args=[hannah.pk]) in page.text
    assert "holds nothing" not in page.text
