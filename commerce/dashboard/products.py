"""Products in the dashboard: the editor and the product lookup."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from oscar.apps.dashboard.catalogue.views import (
    ProductCreateUpdateView as OscarProductCreateUpdateView,
)
from oscar.apps.dashboard.catalogue.views import ProductLookupView as OscarProductLookupView


class ProductCreateUpdateView(OscarProductCreateUpdateView):
    """Saves a product with its stock, categories and images in one transaction."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)


class ProductLookupView(OscarProductLookupView):
    """Answers 404 to an invalid page number or key."""

    def get_args(self) -> tuple[str, str, int, int]:
        initial, term, page, limit = super().get_args()
        if not (0 < page <= 10_000 and 0 < limit <= 100):
            raise Http404
        return initial, term, page, limit

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().get(request)
        except (ValueError, OverflowError) as error:
            raise Http404 from error
