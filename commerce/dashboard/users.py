"""Customers in the dashboard."""

from django.db.models import Count, QuerySet
from oscar.apps.dashboard.users import views as oscar


class IndexView(oscar.IndexView):
    def get_queryset(self) -> QuerySet:
        return super().get_queryset().annotate(order_count=Count("orders", distinct=True))
