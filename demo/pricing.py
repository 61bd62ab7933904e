"""Loads the demo's sale, multi-buy offer and voucher."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.models import SalePrice, VoucherTerms
from demo import files

Benefit = get_model("offer", "Benefit")
Category = get_model("catalogue", "Category")
Condition = get_model("offer", "Condition")
ConditionalOffer = get_model("offer", "ConditionalOffer")
Range = get_model("offer", "Range")
StockRecord = get_model("partner", "StockRecord")
Voucher = get_model("voucher", "Voucher")


def coming_sunday(at: datetime) -> datetime:
    """The next 23:59 of a Sunday after ``at``, in the shop's time zone."""
    local = timezone.localtime(at)
    sunday = local.date() + timedelta(days=6 - local.weekday())
    found = timezone.make_aware(datetime.combine(sunday, time(23, 59)))
    return found if found > at else found + timedelta(days=7)


@transaction.atomic
def load_sale(*, at: datetime) -> None:
    """Put the sale's forms on sale until Sunday, unless they are on sale already."""
    until = coming_sunday(at)
    rows: list[SalePrice] = []
    for code, price in files.read("shop")["sale"].items():
        prefix = f"{files.sku(code)}-"
        records = StockRecord.objects.filter(partner_sku__startswith=prefix)
        on_sale = SalePrice.objects.running(at).values("stockrecord")
        rows.extend(
            SalePrice(
                stockrecord=record,
                price=Decimal(price),
                start=at - timedelta(days=2),
                until=until,
            )
            for record in records.exclude(pk__in=on_sale)
        )
    SalePrice.objects.bulk_create(rows)


@transaction.atomic
def load_offer() -> None:
    """Load the offer: ten per cent off four products of a range."""
    row = files.read("shop")["offer"]
    if ConditionalOffer.objects.filter(name=row["name"]).exists():
        return
    plates, _is_new = Range.objects.get_or_create(
        name="Plates & bowls", defaults={"description": row["description"], "is_public": False}
    )
    plates.included_categories.set(Category.objects.filter(code__in=row["categories"]))
    create_offer(row, plates, Benefit.PERCENTAGE, Decimal(row["percent"]))


def create_offer(
    row: dict[str, Any], products: Any, benefit: str, value: Decimal | None = None
) -> None:
    """Create an offer for ``quantity`` products of a range, with this benefit on the same range."""
    ConditionalOffer.objects.create(
        name=row["name"],
        description=row["description"],
        offer_type=ConditionalOffer.SITE,
        condition=Condition.objects.create(
            range=products, type=Condition.COUNT, value=Decimal(row["quantity"])
        ),
        benefit=Benefit.objects.create(range=products, type=benefit, value=value),
        priority=10,
    )


@transaction.atomic
def load_voucher(*, at: datetime) -> None:
    """Load a voucher for first orders, valid for a year."""
    row = files.read("shop")["voucher"]
    if Voucher.objects.filter(code=row["code"]).exists():
        return
    everything, _is_new = Range.objects.get_or_create(
        name="All pieces", defaults={"includes_all_products": True}
    )
    create_voucher(row, everything, offer_name=f"Voucher {row['name']}", at=at)


def create_voucher(row: dict[str, Any], products: Any, *, offer_name: str, at: datetime) -> None:
    """Create a voucher for ``percent`` off a range from ``minimum``, valid for a year from ``at``."""
    offer = ConditionalOffer.objects.create(
        name=offer_name,
        description=row["description"],
        offer_type=ConditionalOffer.VOUCHER,
        condition=Condition.objects.create(
            range=products, type=Condition.VALUE, value=Decimal(row["minimum"])
        ),
        benefit=Benefit.objects.create(
            range=products, type=Benefit.PERCENTAGE, value=Decimal(row["percent"])
        ),
    )
    voucher = Voucher.objects.create(
        name=row["name"],
        code=row["code"],
        usage=Voucher.MULTI_USE,
        start_datetime=at - timedelta(days=60),
        end_datetime=at + timedelta(days=365),
    )
    voucher.offers.add(offer)
    if row.get("is_for_first_order"):
        VoucherTerms.objects.create(voucher=voucher, is_for_first_order=True)
