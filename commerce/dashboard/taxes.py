"""The tax return and the rates in force, for finance."""

from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView, View

from commerce.addresses.countries import country_name
from commerce.dashboard.imports import csv_lines
from commerce.dashboard.staff_views import StaffPage
from commerce.decorators import private_page
from commerce.documents.spreadsheets import neutral_cell
from commerce.documents.tax_return import (
    DISTANCE_SALES_THRESHOLD,
    Period,
    distance_sales,
    has_oss,
    period_of,
    recent_periods,
    tax_return,
    totals_of,
)
from commerce.models.tax import NAMES
from commerce.shop_settings.current import current_shop
from commerce.shop_values.vat_rates import AS_OF, STANDARD, shipped_rates
from commerce.stock.selling import shop_today
from commerce.tax import Relief
from commerce.taxes.rates import TaxRates, seller_of

RELIEFS = {
    Relief.NONE: pgettext_lazy("sales that bear VAT", "VAT charged"),
    Relief.EXPORT: pgettext_lazy("sales", "Exports"),
    Relief.REVERSE: pgettext_lazy("sales", "Reverse charge"),
    Relief.OUTSIDE: pgettext_lazy("sales", "Outside the scope of VAT"),
}
#: Territories that are no countries of ISO 3166.
PARTS = {
    "XI": pgettext_lazy("VAT territory", "Northern Ireland"),
    "PT-20": pgettext_lazy("VAT territory", "Azores"),
    "PT-30": pgettext_lazy("VAT territory", "Madeira"),
    "AT-JM": pgettext_lazy("VAT territory", "Jungholz and Mittelberg"),
}


def name_of_territory(code: str) -> str:
    """What staff call a territory: a country's name, or that of a part of one."""
    if code in PARTS:
        return str(PARTS[code])
    country = code[:2]
    name = country_name(country)
    return name if country == code else f"{name} ({code})"


class _ReturnPage(StaffPage):
    """The period that is asked for; by default the current month."""

    request: HttpRequest

    @cached_property
    def period(self) -> Period:
        try:
            return period_of(self.request.GET.get("period") or shop_today().strftime("%Y-%m"))
        except ValueError:
            raise Http404 from None

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the return, with the words that staff read."""
        return [
            {"row": row, "country": name_of_territory(row.country), "kind": RELIEFS[row.relief]}
            for row in tax_return(self.period)
        ]


@private_page
class TaxReturnView(_ReturnPage, TemplateView):
    """VAT by country, kind and rate, as invoiced less credited in a period."""

    template_name = "oscar/dashboard/taxes/return.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.rows()
        sales = None if has_oss() else distance_sales(self.period.last.year)
        return super().get_context_data(
            period=self.period,
            periods=recent_periods(shop_today()),
            rows=rows,
            totals=totals_of(row["row"] for row in rows),
            distance_sales=sales,
            # Other currencies are for staff to convert.
            is_over_threshold=(
                sales is not None
                and current_shop().currency == "EUR"
                and sales > DISTANCE_SALES_THRESHOLD
            ),
            threshold=DISTANCE_SALES_THRESHOLD,
            **kwargs,
        )


@private_page
class TaxReturnFileView(_ReturnPage, View):
    """The return as a CSV file, with amounts and codes that programs read."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        head = [
            "currency",
            "country",
            "kind",
            "rate",
            "invoices",
            "credit notes",
            "net",
            "VAT",
            "gross",
        ]
        rows = [
            [
                row.currency, row.country, str(row.relief) or "charged", f"{row.percent.normalize() + 0:f}", row.invoices,
                row.credit_notes, row.net, row.tax, row.gross,
            ]
            for row in tax_return(self.period)
        ]  # fmt: skip
        lines = ([neutral_cell(cell) for cell in row] for row in [head, *rows])
        response = StreamingHttpResponse(csv_lines(lines), content_type="text/csv")
        name = f"vat-{self.period.name}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


@private_page
class TaxRatesView(StaffPage, TemplateView):
    """All rates in force today, by country and class: those that came with the software and staff's own."""

    template_name = "oscar/dashboard/taxes/rates.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today, shop = shop_today(), current_shop()
        shipped = shipped_rates(today)
        in_force = dict(TaxRates().own)
        if shop.tax_percent is not None:
            home = seller_of(shop, today).territory.code
            in_force.setdefault((home, STANDARD), shop.tax_percent)
        columns = [STANDARD, *(code for code in NAMES if code not in ("none", "zero"))]
        countries = set(shipped) | {country for country, _code in in_force}
        names = {code: name_of_territory(code) for code in countries}
        table = [
            {
                "code": code,
                "name": names[code],
                "rates": [
                    {
                        "percent": in_force.get((code, column), shipped.get(code, {}).get(column)),
                        "is_own": (code, column) in in_force,
                    }
                    for column in columns
                ],
            }
            for code in sorted(countries, key=lambda code: (code != shop.country, names[code]))
        ]
        heads = [_("Standard rate"), *(str(NAMES[code]) for code in columns[1:])]
        return super().get_context_data(
            table=table, heads=heads, as_of=AS_OF, today=today, **kwargs
        )
