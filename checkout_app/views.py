"""The views that Oscar imports from here; they live in ``checkout_app.storefront``."""

from oscar.apps.checkout.views import UserAddressDeleteView, UserAddressUpdateView  # noqa: F401

from checkout_app.storefront.confirmation import ThankYouView  # noqa: F401
from checkout_app.storefront.views import (  # noqa: F401
    IndexView,
    PaymentDetailsView,
    PaymentMethodView,
    ShippingAddressView,
    ShippingMethodView,
)
