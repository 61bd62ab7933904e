from commerce.pricing.offer_models import Benefit, Condition, ConditionalOffer  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.offer.models import *

# isort: split
# Proxies of the models above.
from commerce.pricing.benefits import (  # noqa: F401
    AbsoluteDiscountBenefit,
    FixedPriceBenefit,
    FixedUnitDiscountBenefit,
    MultibuyDiscountBenefit,
    PercentageDiscountBenefit,
    ShippingAbsoluteDiscountBenefit,
    ShippingFixedPriceBenefit,
    ShippingPercentageDiscountBenefit,
)
from commerce.pricing.conditions import (  # noqa: F401
    CountCondition,
    CoverageCondition,
    ValueCondition,
)
