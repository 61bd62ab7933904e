"""The table of categories in the dashboard."""

from typing import Any

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from oscar.apps.dashboard.catalogue import tables as oscar
from oscar.apps.partner.abstract_models import AbstractStockRecord


class CategoryTable(oscar.CategoryTable):
    def render_name(self, value: Any, record: AbstractStockRecord) -> str:
        """The name, or in search results the whole path, escaped."""
        url = reverse("dashboard:catalogue-category-update", args=[record.pk])
        if self.request.GET.get("name"):
            strong = format_html("<strong>{}</strong>", value)
            path = escape(record.full_name).replace(escape(value), strong)
            value = mark_safe(path)  # noqa: S308  both were escaped
        return format_html('<a href="{}">{}</a>', url, value)

    class Meta(oscar.CategoryTable.Meta):
        pass
