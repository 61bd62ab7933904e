"""What happens below that other modules of this floor follow."""

from django.dispatch import Signal

#: Units were allocated, given back or shipped. Sent in the transaction, with ``stockrecord_ids``.
stock_moved = Signal()
#: A product and its attributes were saved. Sent in the transaction, with ``product``.
product_saved = Signal()
#: Uses of offers were counted or given back by ``update()``. Sent in the transaction, with ``offer_ids``.
offers_counted = Signal()
