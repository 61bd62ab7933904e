"""Orders that the customer collects at the shop: no carrier, no tracking, and words of collection."""

from importlib import import_module

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.urls import reverse

from commerce.models import DeliveryMethod, OrderPickup, OutgoingMail, Shipment
from commerce.order_statuses import DELIVERED, SHIPPED
from commerce.orders import mails
from commerce.orders.guest_links import guest_order_path
from commerce.orders.order_summary import order_rows, steps_of
from commerce.orders.shipments import ship
from tests.commerce.test_basket import text_of
from tests.factories import make_delivery, make_paid_order, make_product, make_user, set_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop):
    """Two bowls that are collected at the shop, paid."""
    method = make_delivery("pickup", price="0.00", days=(0, 1))
    method.is_pickup, method.name = True, "Collect in store"
    method.save()
    method.countries.set(["GB"])
    bowl = make_product("Bowl", price="20.00", stock=10)
    return make_paid_order((bowl, 2), delivery="pickup")


def test_order_stays_collected_or_not_whatever_happens_to_its_method(client, staff, order):
    other = make_paid_order((make_product("Mug", price="20.00"), 1))

    DeliveryMethod.objects.update(is_pickup=True)
    assert not order_rows([other])[0].is_collected
    assert 'name="carrier"' in client.get(page_of(other)).text

    DeliveryMethod.objects.all().delete()
    order.refresh_from_db()
    assert order_rows([order])[0].is_collected
    assert 'name="carrier"' not in client.get(page_of(order)).text


@pytest.fixture
def staff(client):
    user = make_user("staff@example.com", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def page_of(order):
    return reverse("dashboard:order-detail", args=[order.number])


def test_order_page_asks_for_no_carrier(client, staff, order):
    page = client.get(page_of(order))

    assert 'name="carrier"' not in page.text
    for words in ("Dispatch", "Carrier", "racking number", "No parcels sent yet"):
        assert words not in text_of(page)
    assert "Nothing is ready to collect yet." in text_of(page)


def test_staff_say_that_an_order_is_ready_and_was_collected(client, staff, order):
    line = order.lines.get()
    data = {"order_action": "dispatch_parcel", "key": "k1", f"units_{line.pk}": 2}

    ready = client.post(page_of(order), data, follow=True)
    assert "The items are ready to collect. We’ve emailed the customer." in text_of(ready)
    assert "Mark as collected" in text_of(ready)
    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.arrives_from) == ("collection", None)
    order.refresh_from_db()
    assert order.status == SHIPPED

    data = {"order_action": "mark_delivered", "parcel": shipment.pk}
    collected = client.post(page_of(order), data, follow=True)
    assert "The items are marked as collected." in text_of(collected)
    order.refresh_from_db()
    assert order.status == DELIVERED
    events = order.events.filter(kind__in=["dispatch", "delivery"]).order_by("pk")
    assert [event.text for event in events] == ["2 items ready to collect", "Items were collected"]


def test_status_is_not_chosen_for_staff(client, staff, order):
    page = client.get(page_of(order))
    soup = BeautifulSoup(page.content, "html.parser")
    choices = soup.select("select[name=new_status] option")
    assert [choice["value"] for choice in choices if choice.has_attr("selected")] in ([], [""])
    assert choices[0].text == "Choose a status"

    data = {"order_action": "dispatch_parcel", "key": "k1", f"units_{order.lines.get().pk}": 9}
    refused = client.post(page_of(order), data)
    assert refused.context["order_status_form"].errors == {}
    client.post(page_of(order), {"order_action": "change_order_status", "new_status": ""})
    order.refresh_from_db()
    assert order.status == "Paid"


def test_given_carrier_is_ignored(order):
    assert ship(order.pk, carrier="dpd", tracking_number="15501").tracking_number == ""


def test_mail_says_that_the_order_is_ready(order):
    ship(order.pk)

    sent = OutgoingMail.objects.get(key__startswith="order-shipped:")
    assert sent.subject.endswith(f"Your order {order.number} is ready to collect")
    for body in (sent.body_text, sent.body_html):
        assert "Collect in store" in body
        for word in ("on its way", "parcel", "Track", "Expected"):
            assert word not in body


def test_shopper_reads_where_to_collect_it(client, order):
    set_shop(address="The Sail Loft\n3 Quay Lane")
    session = client.session
    session["checkout_order_id"] = order.pk
    session.save()

    texts = [
        text_of(client.get(reverse("checkout:thank-you"))),
        text_of(client.get(guest_order_path(order, days=1), follow=True)),
        *(str(mails.order_facts(order)[name]) for name in ("collect_from", "shipping_address")),
    ]

    assert all("The Sail Loft" in text for text in texts[:3])
    assert not any("12 Quay Street" in text for text in (texts[0], *texts[2:]))
    assert "Delivery to" not in texts[0]
    ship(order.pk)
    ready = OutgoingMail.objects.get(key__startswith="order-shipped:")
    assert "The Sail Loft, 3 Quay Lane" in ready.body_text


def test_mail_lists_what_is_not_ready(order):
    ship(order.pk, units={order.lines.get().pk: 1})

    sent = OutgoingMail.objects.get(key__startswith="order-shipped:")
    assert sent.subject.endswith(f"Part of your order {order.number} is ready to collect")
    assert "Not ready yet:\n1 × Bowl" in sent.body_text


def test_customer_reads_that_the_order_is_ready(client, order):
    order.user = make_user("ada@example.com")
    order.save()
    client.force_login(order.user)
    page = reverse("customer:order", args=[order.number])
    assert order_rows([order])[0].is_collected
    assert "Expected" not in text_of(client.get(page))

    ship(order.pk)

    text = text_of(client.get(page))
    assert "Ready to collect since" in text
    for word in ("On its way", "Sent on", "Parcel"):
        assert word not in text
    order.refresh_from_db()
    assert order_rows([order])[0].status == "Ready to collect"
    assert [str(step.name) for step in steps_of(order)][-2:] == ["Ready to collect", "Collected"]


def test_items_are_ready_whatever_carriers_the_shop_has(order, settings):
    """A shop without a carrier "other" was told to choose one, with nothing to choose from."""
    settings.CARRIERS = {code: of for code, of in settings.CARRIERS.items() if code != "other"}

    assert ship(order.pk).carrier == "collection"


def test_parcel_of_a_carrier_stays_one_when_its_method_becomes_collection(client, staff, shop):
    order = make_paid_order((make_product("Bowl", price="20.00", stock=10), 2))
    ship(order.pk, carrier="royal-mail", tracking_number="AB123456789GB")
    DeliveryMethod.objects.filter(code=order.shipping_code).update(is_pickup=True)

    assert "AB123456789GB" in text_of(client.get(page_of(order)))


def test_orders_of_before_are_marked_by_their_method(order):
    OrderPickup.objects.all().delete()
    make_paid_order((make_product("Mug", price="20.00"), 1))

    import_module("commerce.migrations.0087_order_pickup").mark_orders(apps, None)

    assert [pickup.order for pickup in OrderPickup.objects.all()] == [order]
