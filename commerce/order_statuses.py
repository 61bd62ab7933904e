"""The order statuses of ``OSCAR_ORDER_STATUS_PIPELINE`` (docs/orders.md)."""

PENDING, AUTHORISED, PAID = "Pending payment", "Authorised", "Paid"
PACKING, PART_SHIPPED, SHIPPED = "Packing", "Part shipped", "Shipped"
DELIVERED, CANCELLED = "Delivered", "Cancelled"
RETURNED, REFUNDED = "Returned", "Refunded"
