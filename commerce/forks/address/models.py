from commerce.addresses.models import UserAddress  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.address.models import *
