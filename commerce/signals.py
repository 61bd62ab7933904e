"""Signals of the lower packages, for receivers in higher ones."""

from django.dispatch import Signal

#: Units were allocated, released or shipped. Sent in the transaction, with ``stockrecord_ids``.
stock_moved = Signal()
#: A product was saved with its attributes. Sent in the transaction, with ``product``.
product_saved = Signal()
#: Uses of offers were counted or released by ``update()``. Sent in the transaction, with ``offer_ids``.
offers_counted = Signal()
