"""Aliases of moved tasks, for rows enqueued by the previous release. Remove after one release."""

from commerce.catalogue.cdn import purge_addresses_task  # noqa: F401
from commerce.catalogue.related import pair_bought_together_task as pair_bought_together  # noqa: F401
from commerce.index.photographs import render_photo_task  # noqa: F401
from commerce.index.refresh import refresh_listings_task  # noqa: F401
from commerce.mail.outbox import send_mail_task  # noqa: F401
from commerce.mail.outbox import send_waiting_mail_task as send_waiting_mail  # noqa: F401
from commerce.orders.link_requests import send_order_link  # noqa: F401
from commerce.returns.withdrawals import match_withdrawal_task  # noqa: F401
from commerce.stock.alerts import answer_alerts_of, answer_product_alerts  # noqa: F401
