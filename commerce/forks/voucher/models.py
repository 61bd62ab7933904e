from commerce.pricing.offer_models import Voucher  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.voucher.models import *
