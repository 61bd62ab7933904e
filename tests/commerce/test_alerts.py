"""Back-in-stock alerts: confirmed once, sent once, and no information about known addresses."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.index.refresh_queue import one_refresh
from commerce.orders.reservations import release_stock, reserve_stock
from commerce.stock import alerts
from commerce.stock.alerts import MAX_UNCONFIRMED, answer_product_alerts, request_guest_alert
from tests.factories import make_product, make_user, stockrecord_of

pytestmark = pytest.mark.django_db(transaction=False)
ProductAlert = get_model("customer", "ProductAlert")


@pytest.fixture(autouse=True)
def _sent_at_once(django_capture_on_commit_callbacks):
    """Run on-commit callbacks at once: mails are sent on commit, and these tests commit nothing."""
    cache.clear()
    with django_capture_on_commit_callbacks(execute=True):
        yield


@pytest.fixture
def bowl(shop):
    """A sold-out bowl."""
    return make_product("Bowl", price="20.00", stock=0)


def ask(client, product, email="ada@example.com", **extra):
    url = reverse("customer:alert-create", args=[product.pk])
    return client.post(url, {"email": email}, follow=True, **extra)


def restock(product, units=5):
    record = stockrecord_of(product)
    record.num_in_stock = units
    record.save()


def queued(containing=""):
    """Mails in the outbox, oldest first."""
    rows = get_model("commerce", "OutgoingMail").objects.order_by("pk")
    return [row for row in rows if containing in row.subject]


def said(response):
    return [str(message) for message in response.context["messages"]]


def confirm_url(alert):
    return reverse("customer:alerts-confirm", args=[alert.key])


def cancel_url(alert):
    return reverse("customer:alerts-cancel-by-key", args=[alert.key])


def test_guest_confirms_with_a_button_and_is_notified_once(client, bowl):
    ask(client, bowl)
    alert = ProductAlert.objects.get()
    assert alert.status == "Unconfirmed"
    assert confirm_url(alert) in queued()[0].body_text
    assert cancel_url(alert) in queued()[0].body_text

    client.get(confirm_url(alert))
    alert.refresh_from_db()
    assert alert.status == "Unconfirmed", "a mail scanner follows links"
    client.post(confirm_url(alert))
    restock(bowl)
    for _n in range(3):
        answer_product_alerts.enqueue()

    assert [row.to for row in queued("is back")] == ["ada@example.com"]
    alert.refresh_from_db()
    assert alert.status == "Closed"


def test_unconfirmed_address_gets_nothing(client, bowl):
    ask(client, bowl)
    restock(bowl)
    answer_product_alerts.enqueue()

    assert queued("is back") == []


def test_nothing_is_sent_while_the_product_is_sold_out(client, bowl):
    client.force_login(make_user())
    ask(client, bowl)

    answer_product_alerts.enqueue()

    assert queued("is back") == []


def test_account_needs_no_confirmation_and_is_registered_once(client, bowl):
    user = make_user()
    client.force_login(user)
    for _n in range(2):
        assert said(ask(client, bowl)) == ["We’ll email you when it’s back."]

    restock(bowl)
    answer_product_alerts.enqueue()

    assert ProductAlert.objects.get().user == user
    assert [row.to for row in queued()] == [user.email]


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """A context manager that runs on-commit callbacks at the end of its block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_restocking_notifies_only_those_who_wait_for_that_product(bowl, committing):
    plate = make_product("Plate", price="20.00", stock=0)
    for piece in (bowl, plate):
        ProductAlert.objects.create(user=make_user(f"{piece.pk}@example.com"), product=piece)

    with committing():
        restock(bowl)
    answer_product_alerts.enqueue()

    assert [row.to for row in queued("is back")] == [f"{bowl.pk}@example.com"]


def test_restocked_variant_notifies_those_who_wait_for_it_or_its_product(shop, committing):
    jug = make_product("Jug", price="40.00", glazes={"oat": 0, "slate": 0})
    oat, slate = jug.children.order_by("pk")
    for piece in (jug, oat, slate):
        ProductAlert.objects.create(user=make_user(f"{piece.pk}@example.com"), product=piece)

    with committing():
        restock(oat)

    assert {row.to for row in queued("is back")} == {
        f"{piece.pk}@example.com" for piece in (jug, oat)
    }


def test_unit_of_a_cancelled_order_notifies_at_once(vase, committing):
    with committing(), transaction.atomic():
        reserve_stock({stockrecord_of(vase).pk: 1})
    ProductAlert.objects.create(user=make_user(), product=vase)

    with committing(), transaction.atomic():
        release_stock({stockrecord_of(vase).pk: 1})

    assert len(queued("is back")) == 1


def test_nothing_is_sent_before_the_stock_is_committed(bowl, committing):
    ProductAlert.objects.create(user=make_user(), product=bowl)

    with committing():
        restock(bowl)
        assert queued() == []


def test_restocking_queues_nothing_if_nobody_waits(bowl, monkeypatch, committing):
    asked = []
    monkeypatch.setattr(alerts, "answer_alerts_of", SimpleNamespace(enqueue=asked.append))

    with committing():
        restock(bowl)
        restock(bowl, units=0)
    ProductAlert.objects.create(user=make_user(), product=bowl)
    with committing():
        restock(bowl, units=0)
    with committing(), one_refresh():
        restock(bowl)
    assert asked == []
    with committing():
        restock(bowl)
    assert asked == [[bowl.pk]]


def test_restocking_survives_a_queue_failure(bowl, monkeypatch, committing):
    def refuse(product_ids):
        raise ConnectionError

    ProductAlert.objects.create(user=make_user(), product=bowl)
    monkeypatch.setattr(alerts, "answer_alerts_of", SimpleNamespace(enqueue=refuse))

    with committing():
        restock(bowl)
    answer_product_alerts.enqueue()

    assert len(queued("is back")) == 1


def test_response_is_the_same_for_known_and_unknown_addresses(client, bowl, vase):
    make_user("known@example.com")
    fresh = said(ask(client, bowl, "fresh@example.com"))
    confirmed = ProductAlert.objects.get()
    client.post(confirm_url(confirmed))
    other = make_product("Plate", price="20.00", stock=0)

    answers = [
        said(ask(client, bowl, "fresh@example.com")),  # is registered already
        said(ask(client, other, "fresh@example.com")),  # is registered for another product
        said(ask(client, bowl, "known@example.com")),  # has an account
        said(ask(client, bowl, "known@example.com")),  # has registered already
    ]

    texts = {" ".join(answer[-1:]) for answer in [fresh, *answers]}
    assert {text.replace("known", "fresh") for text in texts} == set(fresh)


def test_repeated_request_sends_one_mail_an_hour(bowl):
    now = timezone.now().replace(minute=1)
    for minutes in (0, 1, 2, 61):
        request_guest_alert("ada@example.com", bowl, at=now + timedelta(minutes=minutes))

    assert ProductAlert.objects.count() == 1
    assert len(queued("Confirm your stock alert")) == 2


def test_mails_per_address_are_limited(shop):
    for n in range(MAX_UNCONFIRMED + 3):
        request_guest_alert("ada@example.com", make_product(f"Piece {n}", price="5.00", stock=0))

    assert len(queued()) == MAX_UNCONFIRMED


def test_requests_per_visitor_are_limited(client, bowl):
    answers = [ask(client, bowl, f"reader{n}@example.com") for n in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert "try again in an hour" in answers[-1].content.decode()
    assert ProductAlert.objects.count() == 20


def test_two_confirmed_requests_send_one_mail(client, bowl):
    rows = [ProductAlert.objects.create(email="ada@example.com", product=bowl) for _n in range(2)]
    for row in rows:
        client.post(confirm_url(row))

    restock(bowl)
    answer_product_alerts.enqueue()

    assert len(queued("is back")) == 1


def test_unsubscribe_link_in_the_mail_works(client, bowl):
    ask(client, bowl)
    alert = ProductAlert.objects.get()
    client.post(confirm_url(alert))

    client.get(cancel_url(alert))
    alert.refresh_from_db()
    assert alert.status == "Active"
    client.post(cancel_url(alert))
    restock(bowl)
    answer_product_alerts.enqueue()

    assert queued("is back") == []
    assert "already been used" in " ".join(said(client.post(confirm_url(alert), follow=True)))


def test_link_in_the_notice_deletes_all_other_requests(client, bowl):
    plate = make_product("Plate", price="20.00", stock=0)
    for piece in (bowl, plate):
        ask(client, piece)
    first, second = ProductAlert.objects.order_by("pk")
    for alert in (first, second):
        client.post(confirm_url(alert))
    restock(bowl)
    answer_product_alerts.enqueue()
    assert cancel_url(first) in queued("is back")[0].body_text

    assert "all stock alerts" in client.get(cancel_url(first)).content.decode()
    client.post(cancel_url(first))

    second.refresh_from_db()
    assert second.status == "Cancelled"


def test_account_cannot_change_another_accounts_alerts(client, bowl):
    alert = ProductAlert.objects.create(user=make_user(), product=bowl)
    client.force_login(make_user("eve@example.com"))

    response = client.post(reverse("customer:alerts-cancel-by-pk", args=[alert.pk]))

    assert response.status_code == 404
    alert.refresh_from_db()
    assert alert.status == "Active"


def test_product_in_stock_takes_no_alerts(client, vase):
    assert said(ask(client, vase)) == ["Good news: it’s already in stock."]
    assert not ProductAlert.objects.exists()


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x" * 300 + "@example.com", "a\x00@b.example"]
)
def test_invalid_address_shows_an_error_in_place(client, bowl, email):
    response = ask(client, bowl, email)

    assert response.status_code == 200
    assert "error-summary" in response.content.decode()
    assert not ProductAlert.objects.exists()


@pytest.mark.parametrize("pk", ["999999", "9" * 60])
def test_unknown_product_is_a_404(client, shop, pk):
    url = reverse("customer:alert-create", args=[1]).replace("/1/", f"/{pk}/")

    assert client.post(url, {"email": "ada@example.com"}).status_code == 404


def test_hidden_product_is_a_404(client, bowl):
    bowl.is_public = False
    bowl.save()

    assert ask(client, bowl).status_code == 404
    assert mail.outbox == []


def test_sold_out_page_offers_the_alert_and_similar_products(client, bowl, vase):
    category = get_model("catalogue", "Category").add_root(name="Table")
    for piece in (bowl, vase):
        piece.productcategory_set.create(category=category)

    content = client.get(bowl.get_absolute_url()).content.decode()

    assert "Email me when it’s back" in content
    assert "Similar products in stock" in content
    assert content.index("Moon vase") < content.index('id="reviews"')


def test_sold_out_variant_names_the_others(client, shop):
    jug = make_product("Jug", price="40.00", glazes={"oat": 0, "slate": 8})
    oat = jug.children.order_by("pk").first()

    content = client.get(jug.get_absolute_url(), {"variant": oat.pk}).content.decode()

    assert "In stock now:" in content
    assert "Similar products in stock" not in content
