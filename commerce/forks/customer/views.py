from commerce.storefront.account import (  # noqa: F401
    AccountSummaryView,
    AddressChangeStatusView,
    AddressCreateView,
    AddressUpdateView,
    AnonymousOrderDetailView,
    AnonymousOrderFormView,
    OrderDetailView,
    OrderHistoryView,
    OrderLineView,
    ProfileDeleteView,
    ProfileUpdateView,
    ProfileView,
)
