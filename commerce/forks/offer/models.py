from commerce.pricing.offer_models import Benefit, Condition  # noqa: F401

# isort: split
# Leaves out what is registered already.
from oscar.apps.offer.models import *
