"""Writes an order: its number, its rows, and the keys of its mails."""

from typing import Any

from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.basket.abstract_models import AbstractLine as AbstractBasketLine
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.apps.order.utils import OrderCreator as OscarOrderCreator
from oscar.apps.order.utils import OrderDispatcher as OscarOrderDispatcher
from oscar.apps.order.utils import OrderNumberGenerator as OscarOrderNumberGenerator
from oscar.apps.voucher.abstract_models import AbstractVoucher

from commerce.digital.goods import store_fulfilments
from commerce.models import OrderLinePricing, User
from commerce.options.personal import (
    choices_of,
    meaning_of,
    surcharge_of,
    title_with_choices,
)
from commerce.orders.discount_uses import count_offer_use, count_voucher_use
from commerce.orders.pipeline import new_order_number
from commerce.stock.availability import tracks_stock
from commerce.stock.bundles import store_parts
from commerce.stock.selling import DETAILS


class OrderNumberGenerator(OscarOrderNumberGenerator):
    """Random order numbers.

    Oscar derives them from the basket's id, which reveals the shop's volume.
    """

    def order_number(self, basket: AbstractBasket) -> str:
        return new_order_number()


class OrderCreator(OscarOrderCreator):
    """Writes an order's rows.

    The caller has reserved the stock. Uses of offers are counted without lost updates.
    """

    def create_line_models(
        self,
        order: AbstractOrder,
        basket_line: AbstractBasketLine,
        extra_line_fields: dict[str, Any] | None = None,
    ) -> AbstractLine:
        """Title the line with its choices, which mails and documents then name.

        Its tax code is of the rate that it is charged, not of when it was put in the basket.
        Products without stock tracking get no allocation: dispatch would look for it.
        """
        fields = dict(extra_line_fields or {})
        if not tracks_stock(basket_line.stockrecord.product):
            fields["num_allocated"] = 0
        # A gift card's recipient is no part of the title, which is on the invoice.
        attributes = basket_line.attributes.all()
        choices = choices_of(row for row in attributes if not meaning_of(row.option))
        title = title_with_choices(basket_line.product.get_title(), choices)
        basket_line.tax_code = basket_line.purchase_info.price.tax_code
        return super().create_line_models(order, basket_line, {"title": title[:255], **fields})

    def create_line_attributes(
        self, order: AbstractOrder, order_line: AbstractLine, basket_line: AbstractBasketLine
    ) -> None:
        """Write the name of each option as ordered, which the title quotes, not its code."""
        LineAttribute = order_line.attributes.model
        LineAttribute.objects.bulk_create(
            LineAttribute(line=order_line, option=row.option, type=row.option.name, value=row.value)
            for row in basket_line.attributes.all()
        )

    def create_additional_line_models(
        self, order: AbstractOrder, order_line: AbstractLine, basket_line: AbstractBasketLine
    ) -> None:
        """Store how the unit price came about: sales and offers change, and are deleted.

        Only our strategy knows: with another one there is nothing to store.
        """
        sales = getattr(basket_line.basket.strategy, "sales", None)
        if sales is None:
            return
        quote = sales.quote(basket_line.stockrecord)
        stages = [
            {"kind": one.kind, "price": str(one.price), "reason": one.reason, "rules": one.rules}
            for one in (quote.stages if quote else ())
        ]
        OrderLinePricing.objects.create(
            line=order_line, stages=stages, surcharge=surcharge_of(basket_line)
        )

    def place_order(self, basket: AbstractBasket, *args: Any, **kwargs: Any) -> AbstractOrder:
        """Write the order, with what its lines are made of and how they reach the buyer.

        Of several offers on delivery, only the one that lowered the charge is used.
        """
        method = kwargs.get("shipping_method")
        used = getattr(method, "offer", None) if method else None
        rows = basket.offer_applications.applications
        basket.offer_applications.applications = {
            pk: row
            for pk, row in rows.items()
            if row["offer"] == used or not row["result"].affects_shipping
        }
        order = super().place_order(basket, *args, **kwargs)
        related = ("product__product_class", "product__parent__product_class")
        details = [f"product__{name}" for name in DETAILS]
        lines = list(order.lines.select_related(*related, *details))
        store_parts(lines)
        store_fulfilments(lines)
        return order

    def update_stock_records(self, line: AbstractLine) -> None:
        """Do nothing: the caller has reserved the stock (checkout_app.payments.placement)."""

    def record_discount(self, discount: dict[str, Any]) -> None:
        count_offer_use(discount)

    def record_voucher_usage(
        self, order: AbstractOrder, voucher: AbstractVoucher, user: User | None
    ) -> None:
        if order.discounts.filter(voucher_id=voucher.pk).exists():
            count_voucher_use(voucher, order=order, user=user)


class OrderDispatcher(OscarOrderDispatcher):
    """Sets the key of each order mail, so that it is sent only once."""

    def dispatch_order_messages(
        self,
        order: AbstractOrder,
        messages: dict[str, str],
        event_code: str,
        attachments: Any = None,
        **kwargs: Any,
    ) -> None:
        messages = {**messages, "key": f"{event_code.lower()}:{order.number}"}
        super().dispatch_order_messages(order, messages, event_code, attachments, **kwargs)
