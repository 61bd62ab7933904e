"""The table of customers in the dashboard."""

from django.db.models import QuerySet
from django_tables2 import Column, TemplateColumn
from oscar.apps.dashboard.users import tables as oscar


class UserTable(oscar.UserTable):
    num_orders = Column(accessor="order_count", verbose_name=oscar._("Number of orders"))
    actions = TemplateColumn(
        template_name="oscar/dashboard/users/user_row_actions.html",
        verbose_name=" ",
        orderable=False,
    )

    class Meta(oscar.UserTable.Meta):
        pass

    def order_num_orders(self, queryset: QuerySet, is_descending: bool) -> tuple[QuerySet, bool]:
        """Sort by the number of orders: Oscar's own counters are not maintained here."""
        return queryset.order_by("-order_count" if is_descending else "order_count", "pk"), True
