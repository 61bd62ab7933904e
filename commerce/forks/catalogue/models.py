from commerce.catalogue.models import Category, Product  # noqa: F401

# isort: split
# Leaves out what is registered already.
from oscar.apps.catalogue.models import *
