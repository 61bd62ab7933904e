"""Loads Lindenblatt's sale, its offer on cards, and its voucher."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from oscar.core.loading import get_model

from commerce.models import SalePrice
from demo.lindenblatt import goods
from demo.pricing import coming_sunday, create_offer, create_voucher

Benefit = get_model("offer", "Benefit")
Category = get_model("catalogue", "Category")
ConditionalOffer = get_model("offer", "ConditionalOffer")
Range = get_model("offer", "Range")
StockRecord = get_model("partner", "StockRecord")
Voucher = get_model("voucher", "Voucher")


@transaction.atomic
def load_sale(*, at: datetime) -> None:
    """Put the sale's variants on sale until Sunday, unless they are on sale already."""
    prices = goods.read("shop")["sale"]["prices"]
    by_sku = {key.replace("/", "-").upper(): Decimal(price) for key, price in prices.items()}
    on_sale = SalePrice.objects.running(at).values("stockrecord")
    records = StockRecord.objects.filter(partner_sku__in=by_sku).exclude(pk__in=on_sale)
    SalePrice.objects.bulk_create(
        SalePrice(
            stockrecord=record,
            price=by_sku[record.partner_sku],
            start=at - timedelta(days=2),
            until=coming_sunday(at),
        )
        for record in records
    )


def _range(name: str, categories: list[str]) -> Any:
    found, _is_new = Range.objects.get_or_create(name=name, defaults={"is_public": False})
    found.included_categories.set(Category.objects.filter(code__in=categories))
    return found


@transaction.atomic
def load_offer() -> None:
    """Load the offer: of three sets of cards the cheapest is free."""
    row = goods.read("shop")["offer"]
    if ConditionalOffer.objects.filter(name=row["name"]).exists():
        return
    cards = _range("Karten", row["categories"])
    create_offer(row, cards, Benefit.MULTIBUY)


@transaction.atomic
def load_voucher(*, at: datetime) -> None:
    """Load the voucher, valid for a year; books have fixed prices."""
    row = goods.read("shop")["voucher"]
    if Voucher.objects.filter(code=row["code"]).exists():
        return
    reducible = _range("Nicht preisgebunden", row["categories"])
    create_voucher(row, reducible, offer_name=f"Rabattcode {row['code']}", at=at)
