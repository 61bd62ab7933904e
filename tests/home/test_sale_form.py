"""The form of a sale price in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commerce.models import SalePrice
from tests.factories import make_user, stockrecord_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, site_root):
    client.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))
    return client


def test_new_sale_starts_now_by_default(admin):
    form = admin.get(reverse("wagtailsnippets_commerce_saleprice:add")).context["form"]

    assert timezone.now() - form["start"].initial < timedelta(minutes=2)
    assert not form["until"].initial


def test_start_of_an_existing_sale_is_unchanged(admin, vase):
    start = timezone.now().replace(microsecond=0) - timedelta(days=9)
    sale = SalePrice.objects.create(stockrecord=stockrecord_of(vase), price="72.00", start=start)

    url = reverse("wagtailsnippets_commerce_saleprice:edit", args=[sale.pk])

    assert admin.get(url).context["form"]["start"].initial == start
