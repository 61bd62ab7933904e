from commerce.basket.models import Basket, Line  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.basket.models import *
