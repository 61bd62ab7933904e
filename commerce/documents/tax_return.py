"""The tax return: what was invoiced and credited in a period, by currency, country, relief and rate."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from commerce.models import DocumentKind, DocumentTax, OrderTax
from commerce.shop_settings.current import current_shop
from commerce.shop_values.vat_territories import EU, territory_by_code, territory_of
from commerce.stock.selling import shop_today
from commerce.tax import Relief

#: The EU's threshold for distance sales in a calendar year, in EUR (Directive 2006/112/EC, article 59c).
DISTANCE_SALES_THRESHOLD = Decimal(10_000)


NAME = re.compile(r"20\d\d(-(Q[1-4]|0[1-9]|1[0-2]))?").fullmatch


@dataclass(frozen=True)
class Period:
    """A month ("2026-11"), a quarter ("2026-Q4") or a year ("2026")."""

    name: str
    first: date
    last: date


def period_of(name: str) -> Period:
    """The period with this name. Raises ValueError for anything else."""
    if not NAME(name):
        raise ValueError(name)
    year, _dash, part = name.partition("-")
    start, months = int(year), 12
    month = 1
    if part.startswith("Q"):
        month, months = 3 * int(part[1:]) - 2, 3
    elif part:
        month, months = int(part), 1
    after = month + months
    end = date(start + (after - 1) // 12, (after - 1) % 12 + 1, 1)
    return Period(name, date(start, month, 1), end - timedelta(days=1))


def recent_periods(today: date) -> list[Period]:
    """The months, quarters and years of the last two years, the latest first."""
    this_month = 12 * today.year + today.month - 1
    months = [divmod(this_month - back, 12) for back in range(24)]
    names = [f"{year}-{month + 1:02d}" for year, month in months]
    quarters = dict.fromkeys(f"{year}-Q{month // 3 + 1}" for year, month in months)
    years = dict.fromkeys(str(year) for year, _month in months)
    return [period_of(name) for name in (*names, *quarters, *years)]


@dataclass(frozen=True)
class ReturnRow:
    """What was invoiced less what was credited, at one rate in one country."""

    currency: str
    country: str
    relief: Relief
    percent: Decimal
    net: Decimal
    tax: Decimal
    invoices: int
    credit_notes: int

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


def tax_return(period: Period) -> list[ReturnRow]:
    """The rows of a period by day of issue, by currency, the shop's own country first.

    Added in Decimal: SQLite adds decimal columns as floating-point numbers.
    """
    rows = DocumentTax.objects.filter(issued_on__range=(period.first, period.last))
    keys = ("currency", "country", "relief", "percent")
    counts = {
        tuple(row[key] for key in keys): row
        for row in rows.order_by()
        .values(*keys)
        .annotate(
            invoices=Count("document", filter=Q(document__kind=DocumentKind.INVOICE)),
            notes=Count("document", filter=Q(document__kind=DocumentKind.CREDIT_NOTE)),
        )
    }
    sums: dict[tuple, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for *key, net, tax in rows.order_by().values_list(*keys, "net", "tax").iterator():
        sums[tuple(key)][0] += net
        sums[tuple(key)][1] += tax
    found = [
        ReturnRow(
            key[0], key[1], Relief(key[2]), key[3], net, tax,
            counts[key]["invoices"], counts[key]["notes"],
        )
        for key, (net, tax) in sums.items()
    ]  # fmt: skip
    home = territory_of(current_shop().country).state
    return sorted(
        found,
        key=lambda row: (
            row.currency,
            territory_by_code(row.country).state != home or bool(row.relief),
            bool(row.relief),
            row.country,
            -row.percent,
        ),
    )


def totals_of(rows: Iterable[ReturnRow]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Net, tax and gross by currency."""
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for row in rows:
        net, tax, gross = sums.get(row.currency, (Decimal(0), Decimal(0), Decimal(0)))
        sums[row.currency] = (net + row.net, tax + row.tax, gross + row.gross)
    return sums


def distance_sales(year: int) -> Decimal | None:
    """Net sales of a calendar year to other EU states that bore the shop's own VAT; None outside the EU.

    Above the threshold they bear the VAT of their destinations.
    """
    home = territory_of(current_shop().country, current_shop().postcode)
    if EU not in (home.goods_area, home.services_area):
        return None
    known = OrderTax.objects.order_by().values_list("territory", flat=True).distinct()
    others = [
        code
        for code in known
        if (to := territory_by_code(code)).state != home.state
        and EU in (to.goods_area, to.services_area)
    ]
    rows = DocumentTax.objects.filter(
        issued_on__year=year,
        country__in={home.state, home.code},
        relief="",
        document__order__tax__territory__in=others,
    )
    return sum(rows.values_list("net", flat=True), Decimal(0))


def has_oss(on: date | None = None) -> bool:
    """Whether distance sales in the EU bear the VAT of their destinations on a day (default: today)."""
    since = current_shop().oss_since
    return since is not None and since <= (on or shop_today())
