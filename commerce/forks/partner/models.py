from commerce.addresses.models import PartnerAddress  # noqa: F401
from commerce.stock.models import StockRecord  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.partner.models import *
