"""Files that are sold, and actions of staff on an order's page."""

from django.core.files.base import ContentFile
from django.urls import reverse

from commerce.models import ProductFile

PDF = b"%PDF-1.7 the whole book"


def add_file(product, name="book.pdf", content=PDF):
    file = ContentFile(content, name)
    return ProductFile.objects.create(
        product=product, title="The book", name=name, size=len(content), file=file
    )


def act(client, order, **fields):
    url = reverse("dashboard:order-detail", args=[order.number])
    return client.post(url, fields, follow=True)
