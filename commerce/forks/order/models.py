from commerce.addresses.models import BillingAddress, ShippingAddress  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.order.models import *
