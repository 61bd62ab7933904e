from commerce.dashboard.order_forms import OrderStatusForm  # noqa: F401
