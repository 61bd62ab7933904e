from commerce.pricing.offer_models import Benefit, Condition, ConditionalOffer  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.offer.models import *

# isort: split
# Proxies of the models above.
from commerce.pricing.benefits import PercentageDiscountBenefit as _benefits  # noqa: F401
from commerce.pricing.conditions import CountCondition as _conditions  # noqa: F401
