from commerce.dashboard.orders import (  # noqa: F401
    OrderDetailView,
    OrderListView,
    ShippingAddressUpdateView,
)
