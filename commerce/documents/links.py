"""The addresses of an order's documents, for those who may have them."""

from django.urls import reverse

from commerce.documents.issuing import documents_of
from commerce.models import DocumentKind


def links_for_customer(order, *, token=""):
    """Pairs of a document and the address at which its customer gets it; ``token``: a guest's."""
    return [(row, _address(order, row, token)) for row in documents_of(order)]


def _address(order, document, token):
    if token:
        return reverse("guest-document", kwargs={"token": token, "number": document.number})
    return reverse("order-document", kwargs={"order": order.number, "number": document.number})


def links_for_staff(order):
    """Pairs of a document and its address in the dashboard, packing slips too."""
    rows = documents_of(order, kinds=list(DocumentKind))
    return [
        (row, reverse("staff-document", kwargs={"order": order.number, "number": row.number}))
        for row in rows
    ]
