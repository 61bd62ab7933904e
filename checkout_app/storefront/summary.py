"""The order summary beside every step: the same lines and sums for a basket and for an order."""

from dataclasses import dataclass, field
from decimal import Decimal

from commerce.index.listings import looks_of
from commerce.pricing.delivery import Arrival, promised_arrival
from commerce.pricing.discounts import application_name, discount_name


@dataclass(frozen=True)
class SummaryLine:
    """One line as bought; ``total`` is before discounts, tax included."""

    title: str
    quantity: int
    total: Decimal
    photo: object = None


@dataclass(frozen=True)
class Summary:
    """What it comes to. ``delivery`` is None until a method is known."""

    currency: str
    lines: list[SummaryLine]
    subtotal: Decimal
    total: Decimal
    tax: Decimal
    discounts: list[tuple[str, Decimal]] = field(default_factory=list)
    delivery: Decimal | None = None
    delivery_name: str = ""
    arrival: Arrival | None = None

    @property
    def quantity(self):
        """Pieces in all."""
        return sum(line.quantity for line in self.lines)


def summary_of_basket(basket, *, method=None):
    """The summary of a priced basket, with the charge of a delivery method where one is chosen."""
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
    )


def summary_of_order(order):
    """The summary of an order, as it was placed."""
    lines = list(order.lines.select_related("product").order_by("pk"))
    photos = _photos(line.product for line in lines if line.product)
    promise = getattr(order, "promise", None)
    return Summary(
        currency=order.currency,
        lines=[
            SummaryLine(
                line.title,
                line.quantity,
                line.line_price_before_discounts_incl_tax,
                photos.get(line.product_id),
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
        total=order.total_incl_tax,
        tax=order.total_tax,
    )


def _photos(products):
    """The photograph of each product, by its key."""
    return {pk: look.photo for pk, look in looks_of(list(products)).items()}
