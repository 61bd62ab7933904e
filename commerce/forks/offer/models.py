from commerce.pricing.offer_models import Benefit, Condition  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.offer.models import *
