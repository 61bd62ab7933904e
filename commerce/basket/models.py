"""The basket model, which reads its lines in bulk, and the line model, which rounds discounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, QuerySet
from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine
from oscar.core.loading import get_model

from commerce.basket.stored_price import store_price
from commerce.models import ShopSettings
from commerce.money import round_discount
from commerce.options.personal import RELATIONS
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import record_to_sell
from commerce.stock.selling import DETAILS
from commerce.tax import TaxRate, rate_in
from commerce.taxes.rates import TAXES

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.offer.abstract_models import AbstractConditionalOffer
    from oscar.apps.partner.abstract_models import AbstractStockRecord


#: Relations that pricing, stock and the page read; without them each line costs three queries.
LINE_RELATIONS = (
    "stockrecord",
    *(f"product__{name}" for name in (*DETAILS, *TAXES)),
)


class Basket(AbstractBasket):
    """Oscar's basket; its lines are read with their relations."""

    _lines: Any

    def all_lines(self) -> Any:
        """The lines in order, read once, because offers store their discounts on them."""
        if self._lines is None and self.pk is not None:
            lines = self.lines.select_related(*LINE_RELATIONS).order_by("pk")
            # The strategy chooses one of each product's stock records.
            self._lines = lines.prefetch_related(
                "product__stockrecords",
                Prefetch("attributes", self._attributes()),
            )
            for line in self._lines:
                use_current_record(line)
        return super().all_lines()

    @staticmethod
    def _attributes() -> QuerySet:
        rows = get_model("basket", "LineAttribute").objects
        return rows.select_related(*RELATIONS).order_by("pk")

    def add_product(
        self,
        product: AbstractProduct,
        quantity: int = 1,
        options: Iterable[Mapping[str, Any]] | None = None,
    ) -> tuple[AbstractLine, bool]:
        """Add units of a product. Its existing line moves to the stock record it is sold from now.

        A new line stores the shop's price with that of its personal options, to notice later changes.
        """
        info = self.strategy.fetch_for_product(product)
        chosen = info.stockrecord
        if chosen and self.pk:
            others = self.lines.filter(product=product).exclude(stockrecord=chosen)
            others.update(stockrecord=chosen)
        line, is_new = super().add_product(product, quantity, options)
        if is_new and info.price.exists:
            store_price(line, line.purchase_info.price if options else info.price)
        return line, is_new

    add_product.alters_data = True  # type: ignore[attr-defined]
    add = add_product

    def _create_line_reference(
        self, product: AbstractProduct, stockrecord: AbstractStockRecord, options: Any
    ) -> str:
        """One line per product, whichever of its stock records it is sold from."""
        first = min(product.stockrecords.all(), key=lambda record: record.pk, default=None)
        return super()._create_line_reference(product, first or stockrecord, options)

    def net_of(self, gross: Decimal, rate: TaxRate, before: Callable[[], Decimal]) -> Decimal:
        """The net part of an amount, rounded as the shop settings say.

        ``before`` computes what the amounts before it at this rate add up to: rounded for the sum of a
        rate, the net parts of consecutive amounts add up to that of their sum.
        """
        if current_shop().tax_rounding == ShopSettings.TaxRounding.LINE:
            return rate.split(gross, self.currency).excl
        sum_before = before()
        whole = rate.split(sum_before + gross, self.currency).excl
        return whole - rate.split(sum_before, self.currency).excl

    def net_of_delivery(self, charge: Decimal, rate: TaxRate) -> Decimal:
        """The net part of a delivery charge, which comes after the lines."""
        return self.net_of(
            charge, rate, lambda: self._sum_at(rate, "line_price_incl_tax_incl_discounts")
        )

    def _sum_at(self, rate: TaxRate, amount: str, until: AbstractLine | None = None) -> Decimal:
        """What the lines at a rate add up to, or those before one of them."""
        total = Decimal(0)
        for line in self.all_lines():
            if line is until:
                break
            price = line.purchase_info.price
            if price.exists and price.tax_code == rate.code:
                total += getattr(line, amount)
        return total

    @property
    def has_loaded_lines(self) -> bool:
        """Whether the lines have been read."""
        return self._lines is not None and self._lines._result_cache is not None


def use_current_record(line: AbstractLine) -> None:
    """Move a line to the stock record that its product is sold from now, for price and stock.

    Reads the prefetched stock records. A line with another product's record is left unchanged.
    """
    if not (line.stockrecord and line.stockrecord.product_id == line.product_id):
        return
    records = line.product.stockrecords.all()
    if len(records) > 1:
        line.stockrecord = record_to_sell(records)
    line.stockrecord.product = line.product


class Line(AbstractLine):
    """Oscar's line, but percentage discounts are rounded down to the cent when applied.

    Oscar rounds only the displayed sum, so that lines and total would disagree. All discounts together
    are never more than the line costs. Tax is computed once, on what the line costs; Oscar rounds it for
    one unit and multiplies, and a hundred cheap units are off by half a pound.
    """

    @property
    def line_price_excl_tax(self) -> Decimal | None:
        oscars: Any = AbstractLine.line_price_excl_tax
        return self._net_of("line_price_incl_tax", oscars.fget)

    @property
    def line_price_excl_tax_incl_discounts(self) -> Decimal | None:
        oscars: Any = AbstractLine.line_price_excl_tax_incl_discounts
        return self._net_of("line_price_incl_tax_incl_discounts", oscars.fget)

    def _net_of(self, amount: str, oscars: Callable) -> Decimal | None:
        """The net part of one of the line's prices; as Oscar computes it if its rate is unknown."""
        gross, rate = getattr(self, amount), rate_in(self.purchase_info.price.tax_code)
        if gross is None or rate is None:
            return oscars(self)  # type: ignore[no-any-return]
        basket = self.basket
        return basket.net_of(Decimal(gross), rate, lambda: basket._sum_at(rate, amount, self))  # type: ignore[no-any-return]

    def discount(
        self,
        discount_value: Decimal,
        affected_quantity: int,
        incl_tax: bool = True,
        offer: AbstractConditionalOffer | None = None,
    ) -> None:
        whole = self.unit_effective_price * self.quantity
        left = max(whole - self.discount_value, Decimal(0))
        whole_cents = round_discount(min(discount_value, left), self.price_currency)
        super().discount(whole_cents, affected_quantity, incl_tax=incl_tax, offer=offer)
