from django.db import transaction
from oscar.apps.dashboard.catalogue.views import *
from oscar.apps.dashboard.catalogue.views import (
    ProductCreateUpdateView as OscarProductCreateUpdateView,
)


class ProductCreateUpdateView(OscarProductCreateUpdateView):
    """Saves a product with its stock, categories and images as one thing, or nothing of it."""

    def post(self, request, *args, **kwargs):
        with transaction.atomic():
            return super().post(request, *args, **kwargs)
