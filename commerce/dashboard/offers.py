"""Offers in the dashboard: the list and one offer."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from oscar.apps.dashboard.offers import views as oscar


class OfferListView(oscar.OfferListView):
    """Restores the default order, which counting vouchers removes, so that pages don't overlap."""

    def get_queryset(self) -> QuerySet:
        offers = super().get_queryset()
        return offers if offers.ordered else offers.order_by(*self.model._meta.ordering)


class OfferDetailView(oscar.OfferDetailView):
    """Shows the offer again if a form has an unknown action."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request, *args, **kwargs) or self.get(request, *args, **kwargs)
