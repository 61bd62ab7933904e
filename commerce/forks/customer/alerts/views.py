from commerce.storefront.alerts import (  # noqa: F401
    ProductAlertCancelView,
    ProductAlertConfirmView,
    ProductAlertCreateView,
)
