"""Which VAT rate goods and their delivery bear at the shop's moment. Rules: docs/tax.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from commerce.models import OwnTaxRate, ProductTypeTax, ShopSettings
from commerce.money import round_money
from commerce.shop_settings.current import Shop, current_shop
from commerce.shop_values.vat_rates import SAME_RATES, STANDARD, shipped_percent
from commerce.shop_values.vat_territories import territory_of
from commerce.stock.selling import is_shipped, selling_of, shop_today
from commerce.tax import Relief, TaxRate
from commerce.taxes.providers import tax_provider
from commerce.taxes.treatments import Destination, Seller, Treatment, treatment_of

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: Relations to load with products, so that ``rate_of`` makes no query for each.
TAXES = ("product_class__tax__tax_class", "parent__product_class__tax__tax_class")
#: The class of what VAT does not cover, such as gift cards for several rates.
NO_TAX = "none"


def seller_of(shop: Shop, on: date) -> Seller:
    """The shop as a seller on a day."""
    return Seller(
        territory=territory_of(shop.country, shop.postcode),
        registered=frozenset(shop.tax_registrations),
        has_oss=shop.oss_since is not None and shop.oss_since <= on,
    )


class TaxRates:
    """The rates for one destination at the shop's moment. Up to two queries, on first use.

    Without a destination everything is as at the shop's address.
    """

    def __init__(self, destination: Destination | None = None) -> None:
        self.destination = destination or Destination()

    @cached_property
    def shop(self) -> Shop:
        return current_shop()

    @cached_property
    def on(self) -> date:
        """The day of the rates."""
        return shop_today()

    @cached_property
    def seller(self) -> Seller:
        return seller_of(self.shop, self.on)

    @cached_property
    def own(self) -> dict[tuple[str, str], Decimal]:
        """The rates that staff entered for this day, ``{(country, class code): percent}``."""
        rows = OwnTaxRate.objects.filter(since__lte=self.on).order_by("since", "pk")
        return {
            (country, code or STANDARD): percent
            for country, code, percent, until in rows.values_list(
                "country", "tax_class__code", "percent", "until"
            )
            if until is None or self.on <= until
        }

    @cached_property
    def _class_of_types(self) -> dict[int, str]:
        rows = ProductTypeTax.objects.values_list("product_class", "tax_class__code")
        return dict(rows)

    def class_of(self, product: AbstractProduct) -> str:
        """The code of a product's tax class: its type's, a variant's is its product's.

        A gift card bears no VAT: what it buys does.
        """
        if selling_of(product).gift_card_value:
            return NO_TAX
        product_type = product.get_product_class()
        if product_type is None:
            return STANDARD
        if not type(product_type).tax.is_cached(product_type):
            return self._class_of_types.get(product_type.pk, STANDARD)
        row = getattr(product_type, "tax", None)
        return row.tax_class.code if row else STANDARD

    def percent(self, territory: str, tax_class: str) -> Decimal:
        """The rate of a class in a territory: staff's own, else the shipped one, else the standard rate."""
        home, shared = self._shared(self.seller.territory.code), self._shared(territory)
        # A shop whose own rate is 0 charges no VAT at all, such as a small business.
        if tax_class == NO_TAX or (shared == home and self.shop.tax_percent == 0):
            return Decimal(0)
        for known in (tax_class, STANDARD):
            for code in (territory, shared):
                if (code, known) in self.own:
                    return self.own[code, known]
            percent = self.shop.tax_percent if known == STANDARD and shared == home else None
            if percent is None:
                percent = shipped_percent(territory, known, self.on)
            if percent is not None:
                return percent
        return Decimal(0)

    @staticmethod
    def _shared(territory: str) -> str:
        """The territory whose rates it has: Northern Ireland and the Isle of Man have those of "GB"."""
        return SAME_RATES.get(territory, territory)

    @cached_property
    def home(self) -> Treatment:
        """How the shop's own prices are taxed."""
        return Treatment(self.seller.territory)

    @cached_property
    def standard(self) -> TaxRate:
        """The rate, at home, of everything that has none of its own."""
        return self._rate(self.home, STANDARD)

    def _rate(self, treatment: Treatment, tax_class: str) -> TaxRate:
        if tax_class == NO_TAX:
            return TaxRate(self.home.territory.code, Decimal(0))
        territory = treatment.territory.code
        if treatment.relief:
            return TaxRate(territory, Decimal(0), treatment.relief)
        provided = None
        if self.destination.country:
            provided = tax_provider().percent(self.destination, tax_class, self.on)
            provided = None if provided is None else round(provided, 4)  # what a code names
        percent = self.percent(territory, tax_class) if provided is None else provided
        return TaxRate(territory, percent)

    @cached_property
    def _treatments(self) -> dict[bool, Treatment]:
        return {
            shipped: treatment_of(self.seller, self.destination, is_shipped=shipped)
            for shipped in (True, False)
        }

    def home_rate_of(self, product: AbstractProduct) -> TaxRate:
        """The rate that the shop's prices include."""
        return TaxRate(
            self.home.territory.code,
            self.percent(self.home.territory.code, self.class_of(product)),
        )

    def rate_of(self, product: AbstractProduct) -> TaxRate:
        """The rate of a product at the destination."""
        treatment = self._treatments[is_shipped(product)]
        return self._rate(treatment, self.class_of(product))

    def price_of(self, gross: Decimal, product: AbstractProduct) -> tuple[Decimal, TaxRate]:
        """A product's price with tax at the destination, and its rate, of the shop's own price."""
        return self._price(gross, self.home_rate_of(product), self.rate_of(product))

    def _price(self, gross: Decimal, home: TaxRate, rate: TaxRate) -> tuple[Decimal, TaxRate]:
        is_same = (rate.country, rate.relief) == (home.country, home.relief)
        stays_gross = self.shop.prices_abroad == ShopSettings.PricesAbroad.GROSS
        if is_same or (stays_gross and rate.relief != Relief.REVERSE):
            return gross, rate
        return round_money(rate.gross_of(home.net_of(gross)), self.shop.currency), rate

    def delivery_price(
        self, gross: Decimal, goods: Iterable[tuple[AbstractProduct, Decimal]]
    ) -> tuple[Decimal, TaxRate]:
        """The charge with tax, and its rate, of delivering goods, given with what they cost.

        Delivery is ancillary to what is delivered and bears the rate of most of its value; the
        highest of equals.
        """
        values: dict[tuple[TaxRate, TaxRate], Decimal] = defaultdict(Decimal)
        goods = list(goods)
        for product, value in [row for row in goods if is_shipped(row[0])] or goods:
            values[self.rate_of(product), self.home_rate_of(product)] += value
        rate, home = max(
            values,
            key=lambda pair: (values[pair], pair[0].percent),
            default=(self._rate(self._treatments[True], STANDARD), self.standard),
        )
        return self._price(gross, home, rate)

    @property
    def territory(self) -> str:
        """The code of the territory that the order goes to, for its record."""
        to = None if self.destination.is_collected else self.destination.territory
        return (to or self.seller.territory).code
