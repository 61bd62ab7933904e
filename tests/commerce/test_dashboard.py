"""Our changes to Oscar's dashboard: exact times, sorted lists, retiring products."""

import re
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from django.core.paginator import UnorderedObjectListWarning
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.models import Retirement
from tests.factories import make_offer, make_product, make_user, make_voucher

#: The end of a summer's day in London, as UTC (one hour behind local time).
LAST_MOMENT = datetime(2031, 6, 30, 22, 59, 59, 250_000, tzinfo=UTC)


@pytest.fixture
def staff(shop, client):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def restrictions_of(offer):
    return reverse("dashboard:offer-restrictions", args=[offer.pk])


def save_restrictions(client, offer, **fields):
    """Submit the last step of an offer, with the fields that every such form has."""
    url = restrictions_of(offer)
    form = client.get(url).context["form"]
    shown = {name: form[name].value() or "" for name in ("start_datetime", "end_datetime")}
    widget = form.fields["end_datetime"].widget
    shown = {name: widget.format_value(value) or "" for name, value in shown.items()}
    return client.post(url, {**shown, "priority": 0, **fields})


def test_offer_shows_its_end_to_the_second(staff):
    offer = make_offer(end_datetime=LAST_MOMENT)

    page = staff.get(restrictions_of(offer)).text

    assert 'value="2031-06-30T23:59:59"' in page
    assert 'type="datetime-local"' in page
    assert 'data-oscarWidget="datetime"' not in page


def test_saving_an_offer_unchanged_keeps_its_exact_times(staff):
    offer = make_offer(start_datetime=timezone.now(), end_datetime=LAST_MOMENT)
    start = offer.start_datetime

    save_restrictions(staff, offer, max_basket_applications=3)

    offer.refresh_from_db()
    assert offer.max_basket_applications == 3
    assert (offer.start_datetime, offer.end_datetime) == (start, LAST_MOMENT)


@pytest.mark.parametrize("typed", ["2031-06-01T10:07:03", "2031-06-01T10:07"])
def test_offer_starts_at_the_typed_time(staff, typed):
    offer = make_offer(end_datetime=LAST_MOMENT)

    save_restrictions(staff, offer, start_datetime=typed)

    offer.refresh_from_db()
    assert timezone.localtime(offer.start_datetime).isoformat().startswith(typed)


def test_time_can_be_removed(staff):
    offer = make_offer(end_datetime=LAST_MOMENT)

    save_restrictions(staff, offer, end_datetime="")

    offer.refresh_from_db()
    assert offer.end_datetime is None


def test_voucher_shows_and_saves_its_times_to_the_second(staff):
    voucher = make_voucher("WELCOME")
    voucher.end_datetime = LAST_MOMENT
    voucher.save()
    url = reverse("dashboard:voucher-update", args=[voucher.pk])

    page = staff.get(url).text
    staff.post(
        url,
        {
            "name": voucher.name, "code": voucher.code, "usage": voucher.usage,
            "start_datetime": "2031-06-01T08:01:02", "end_datetime": "2031-06-30T23:59:59",
            "offers": [offer.pk for offer in voucher.offers.all()],
        },
    )  # fmt: skip

    assert 'value="2031-06-30T23:59:59"' in page
    voucher.refresh_from_db()
    assert voucher.start_datetime == datetime(2031, 6, 1, 7, 1, 2, tzinfo=UTC)
    assert voucher.end_datetime == LAST_MOMENT


def test_new_vouchers_use_the_browsers_datetime_field(staff):
    before = timezone.localtime().replace(microsecond=0)

    form = staff.get(reverse("dashboard:voucher-create")).context["form"]
    of_set = staff.get(reverse("dashboard:voucher-set-create"))

    shown = datetime.fromisoformat(form["start_datetime"].subwidgets[0].data["value"])
    assert timedelta() <= shown - before.replace(tzinfo=None) < timedelta(seconds=30)
    assert of_set.text.count('type="datetime-local"') == 2


def test_datetime_attribute_is_shown_to_the_second(staff):
    product = make_product("Moon vase", price="90.00")
    get_model("catalogue", "ProductAttribute").objects.create(
        product_class=product.product_class, name="Fired", code="fired", type="datetime"
    )
    product.attr.fired = LAST_MOMENT
    product.save()

    page = staff.get(reverse("dashboard:catalogue-product", args=[product.pk])).text

    assert 'value="2031-06-30T23:59:59"' in page


@pytest.mark.parametrize(
    "name", ["offer-list", "voucher-list", "voucher-set-list", "range-list", "order-list"]
)
def test_dashboard_lists_are_sorted(staff, name):
    make_offer()

    with warnings.catch_warnings():
        warnings.simplefilter("error", UnorderedObjectListWarning)
        page = staff.get(reverse(f"dashboard:{name}"))

    assert page.status_code == 200


def test_offers_keep_a_requested_sort_order(staff):
    make_offer("Alpha")
    make_offer("Omega")

    page = staff.get(reverse("dashboard:offer-list"), {"sort": "name", "dir": "desc"})

    assert [offer.name for offer in page.context["offers"]] == ["Omega", "Alpha"]


# --- Retiring a product ---------------------------------------------------------------------------


def way_to_retire(client, product):
    """The URL of "Retire…" on a product's page in the dashboard."""
    page = client.get(reverse("dashboard:catalogue-product", args=[product.pk])).text
    return re.search(r'href="([^"]*)">Retire…', page)[1]


def test_retire_form_starts_with_the_products_name(staff, site_root, mug, vase):
    url = way_to_retire(staff, vase)

    page = staff.get(url)

    assert url == reverse("wagtailsnippets_commerce_retirement:add") + f"?product={vase.pk}"
    assert page.context["form"]["product"].value() == vase.pk
    assert page.text.count("Moon vase") >= 2  # in the heading and in the chooser
    assert "Harbour mug" not in page.text
    staff.post(url, {"product": vase.pk, "replacement": mug.pk})
    assert Retirement.objects.get().product == vase


def test_retired_product_links_to_its_redirect(staff, site_root, mug, vase):
    retirement = Retirement.objects.create(product=vase, replacement=mug)

    page = staff.get(way_to_retire(staff, vase))

    assert page.wsgi_request.path == reverse(
        "wagtailsnippets_commerce_retirement:edit", args=[retirement.pk]
    )
    assert "Moon vase" in page.text
    assert "Harbour mug" in page.text


@pytest.mark.parametrize("asked", ["", "0", "x", "9" * 30])
def test_retire_form_without_a_product_starts_empty(staff, site_root, vase, asked):
    page = staff.get(reverse("wagtailsnippets_commerce_retirement:add"), {"product": asked})

    assert page.status_code == 200
    assert not page.context["form"]["product"].value()
