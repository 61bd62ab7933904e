from commerce.catalogue.models import Category, Product  # noqa: F401

# isort: split
# Skips models that are already registered.
from oscar.apps.catalogue.models import *
