"""URLs of an order's documents for customers and staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from commerce.documents.issuing import documents_of
from commerce.models import CommercialDocument, DocumentKind

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractOrder


def links_for_customer(
    order: AbstractOrder, *, token: str = ""
) -> list[tuple[CommercialDocument, str]]:
    """Pairs of a document and its URL for the customer; ``token`` identifies a guest."""
    return [(row, _address(order, row, token)) for row in documents_of(order)]


def _address(order: AbstractOrder, document: CommercialDocument, token: str) -> str:
    if token:
        return reverse("guest-document", kwargs={"token": token, "number": document.number})
    return reverse("order-document", kwargs={"order": order.number, "number": document.number})


def links_for_staff(order: AbstractOrder) -> list[tuple[CommercialDocument, str]]:
    """Pairs of a document and its dashboard URL, including packing slips."""
    rows = documents_of(order, kinds=list(DocumentKind))
    return [
        (row, reverse("staff-document", kwargs={"order": order.number, "number": row.number}))
        for row in rows
    ]
