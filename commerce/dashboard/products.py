"""Products in the dashboard: the editor and the product lookup."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from oscar.apps.dashboard.catalogue.views import (
    ProductCreateUpdateView as OscarProductCreateUpdateView,
)
from oscar.apps.dashboard.catalogue.views import ProductDeleteView as OscarProductDeleteView
from oscar.apps.dashboard.catalogue.views import ProductListView as OscarProductListView
from oscar.apps.dashboard.catalogue.views import ProductLookupView as OscarProductLookupView
from oscar.core.loading import get_model

from commerce.models import BundlePart


class ProductCreateUpdateView(OscarProductCreateUpdateView):
    """Saves a product with its stock, categories and images in one transaction."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)


class ProductListView(OscarProductListView):
    """Finds a product by its SKU as well: the code of an imported one may be its barcode."""

    def apply_search(self, queryset: QuerySet) -> QuerySet:
        found = super().apply_search(queryset)
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        if not wanted.get("upc") or wanted.get("title"):
            return found
        products = get_model("catalogue", "Product").objects
        sold = products.filter(stockrecords__partner_sku__iexact=wanted["upc"])
        by_sku = queryset.filter(Q(pk__in=sold.values("pk")) | Q(pk__in=sold.values("parent")))
        return by_sku if by_sku.exists() else found


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


class ProductDeleteView(OscarProductDeleteView):
    """Refuses to delete a product that is part of a bundle, or whose variant is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        product = self.get_object()
        of_it = Q(part=product) | Q(part__parent=product)
        bundles = BundlePart.objects.filter(of_it).select_related("bundle__parent")
        titles = dict.fromkeys(row.bundle.get_title() for row in bundles)
        if not titles:
            return super().dispatch(request, *args, **kwargs)
        text = _("It is part of %(bundles)s. Take it out there before you delete it.")
        messages.error(request, text % {"bundles": ", ".join(titles)})
        return redirect("dashboard:catalogue-product", pk=product.pk)
