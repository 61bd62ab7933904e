"""The taxes of issued documents: what the tax return adds up."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from commerce.models import CommercialDocument, DocumentKind, DocumentTax
from commerce.shop_settings.current import current_shop
from commerce.tax import TaxRate, rate_in


def taxes_of(document: CommercialDocument) -> list[DocumentTax]:
    """A document's amounts by rate, unsaved; those of credit notes are negative, packing slips have none.

    Rates without a country, such as those of imported orders, are taken for the shop's own.
    """
    if document.kind == DocumentKind.PACKING_SLIP:
        return []
    sign = -1 if document.kind == DocumentKind.CREDIT_NOTE else 1
    sums: dict[TaxRate, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in document.facts["rates"]:
        own = TaxRate(current_shop().country, Decimal(row["rate"]))
        amounts = sums[rate_in(row.get("code")) or own]
        amounts[0] += sign * Decimal(row["net"])
        amounts[1] += sign * Decimal(row["tax"])
    return [
        DocumentTax(
            document=document,
            country=rate.country,
            percent=rate.percent,
            relief=rate.relief,
            currency=document.facts["currency"],
            net=net,
            tax=tax,
            issued_on=date.fromisoformat(document.facts["issued_on"]),
        )
        for rate, (net, tax) in sums.items()
    ]
