"""Files that are sold, and actions of staff on an order's page."""

from decimal import Decimal

from django.core.files.base import ContentFile
from django.urls import reverse

from commerce.models import ProductDetails, ProductFile
from tests.factories import make_product

PDF = b"%PDF-1.7 the whole book"


def add_file(product, name="book.pdf", content=PDF):
    file = ContentFile(content, name)
    return ProductFile.objects.create(
        product=product, title="The book", name=name, size=len(content), file=file
    )


def make_ebook():
    """An e-book with one file at £12.00."""
    product = make_product("E-book", price="12.00", track_stock=False)
    ProductDetails.objects.create(product=product, is_shipped=False)
    add_file(product)
    return product


def make_gift_card(value="20.00"):
    """A gift card that costs its value."""
    product = make_product("Gift card", price=value, track_stock=False)
    ProductDetails.objects.create(product=product, gift_card_value=Decimal(value))
    return product


def act(client, order, **fields):
    url = reverse("dashboard:order-detail", args=[order.number])
    return client.post(url, fields, follow=True)
