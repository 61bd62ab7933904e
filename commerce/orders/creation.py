"""Writing an order: its number, its rows, and the keys of its mails."""

from oscar.apps.order.utils import OrderCreator as OscarOrderCreator
from oscar.apps.order.utils import OrderDispatcher as OscarOrderDispatcher
from oscar.apps.order.utils import OrderNumberGenerator as OscarOrderNumberGenerator

from commerce.orders.pipeline import new_order_number
from commerce.pricing.discounts import count_offer_use, count_voucher_use
from commerce.stock.availability import tracks_stock


class OrderNumberGenerator(OscarOrderNumberGenerator):
    """Random numbers: Oscar's are the basket's id and tell the shop's volume."""

    def order_number(self, basket):
        return new_order_number()


class OrderCreator(OscarOrderCreator):
    """Writes an order's rows. Stock was taken before, offers are counted without losing any."""

    def create_line_models(self, order, basket_line, extra_line_fields=None):
        """What keeps no stock holds none; shipping would otherwise look for it."""
        fields = dict(extra_line_fields or {})
        if not tracks_stock(basket_line.stockrecord):
            fields["num_allocated"] = 0
        return super().create_line_models(order, basket_line, fields)

    def update_stock_records(self, line):
        """Nothing: the caller holds the stock already (checkout_app.payments.placement)."""

    def record_discount(self, discount):
        count_offer_use(discount)

    def record_voucher_usage(self, order, voucher, user):
        if order.discounts.filter(voucher_id=voucher.pk).exists():
            count_voucher_use(voucher, order=order, user=user)


class OrderDispatcher(OscarOrderDispatcher):
    """Gives each order mail the key under which it can be sent once only."""

    def dispatch_order_messages(self, order, messages, event_code, attachments=None, **kwargs):
        self.dispatcher.mail_key = f"{event_code.lower()}:{order.number}"
        super().dispatch_order_messages(order, messages, event_code, attachments, **kwargs)
