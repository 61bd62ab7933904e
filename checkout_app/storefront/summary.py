"""The order summary beside every step, with the same lines and sums for baskets and orders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from commerce.index.listings import line_displays
from commerce.options.personal import RELATIONS, Choice, choices_of, title_without_choices
from commerce.pricing.delivery import Arrival, is_collected, promised_arrival
from commerce.pricing.discounts import application_name, discount_name
from commerce.taxes.rows import TaxRow, tax_rows_of_basket, tax_rows_of_order


@dataclass(frozen=True)
class SummaryLine:
    """One line. ``total`` is before discounts and includes tax."""

    title: str
    quantity: int
    total: Decimal
    photo: Any = None
    choices: Sequence[Choice] = ()


@dataclass(frozen=True)
class Summary:
    """Lines and sums. ``delivery`` is None until a delivery method is known."""

    currency: str
    lines: list[SummaryLine]
    subtotal: Decimal
    total: Decimal
    tax: Decimal
    tax_rows: Sequence[TaxRow] = ()
    discounts: list[tuple[str, Decimal]] = field(default_factory=list)
    delivery: Decimal | None = None
    delivery_name: str = ""
    arrival: Arrival | None = None
    is_collected: bool = False

    @property
    def quantity(self) -> int:
        """Number of items."""
        return sum(line.quantity for line in self.lines)


def summary_of_basket(basket: AbstractBasket, *, method: Any = None) -> Summary:
    """The summary of a priced basket, with the charge of the delivery method if one is chosen."""
    lines = list(basket.all_lines())
    photos = _photos(line.product for line in lines)
    charge = method.calculate(basket) if method else None
    return Summary(
        currency=basket.currency,
        lines=[
            SummaryLine(
                line.product.get_title(),
                line.quantity,
                line.line_price_incl_tax,
                photos.get(line.product_id),
                choices_of(line.attributes.all()),
            )
            for line in lines
        ],
        subtotal=basket.total_incl_tax_excl_discounts,
        discounts=[
            (application_name(discount), discount["discount"])
            for discount in basket.offer_discounts + basket.voucher_discounts
        ],
        delivery=charge.incl_tax if charge else None,
        delivery_name=method.name if method else "",
        arrival=promised_arrival(method),
        total=basket.total_incl_tax + (charge.incl_tax if charge else 0),
        tax=basket.total_tax + (charge.tax if charge else 0),
        tax_rows=tax_rows_of_basket(basket, charge),
    )


def summary_of_order(order: AbstractOrder) -> Summary:
    """The summary of an order as it was placed."""
    answers = get_model("order", "LineAttribute").objects.select_related(*RELATIONS)
    rows = order.lines.select_related("product").order_by("pk")
    lines = list(rows.prefetch_related(Prefetch("attributes", answers.order_by("pk"))))
    photos = _photos(line.product for line in lines if line.product)
    promise = getattr(order, "promise", None)
    return Summary(
        currency=order.currency,
        lines=[
            SummaryLine(
                title_without_choices(line.title, line.attributes.all()),
                line.quantity,
                line.line_price_before_discounts_incl_tax,
                photos.get(line.product_id),
                choices_of(line.attributes.all()),
            )
            for line in lines
        ],
        subtotal=order.basket_total_before_discounts_incl_tax,
        discounts=[
            (discount_name(discount), discount.amount) for discount in order.basket_discounts
        ],
        delivery=order.shipping_incl_tax,
        delivery_name=order.shipping_method,
        arrival=Arrival(promise.arrives_from, promise.arrives_until) if promise else None,
        is_collected=is_collected(order),
        total=order.total_incl_tax,
        tax=order.total_tax,
        tax_rows=tax_rows_of_order(order),
    )


def _photos(products: Iterable[Any]) -> dict[int, Any]:
    """The photo of each product, by its key."""
    return {pk: display.photo for pk, display in line_displays(list(products)).items()}
