from commerce.basket.models import Basket, Line  # noqa: F401

# isort: split
# Leaves out what is registered already.
from oscar.apps.basket.models import *
