"""The report "pages that use a product", for editors who retire one."""

from collections.abc import Iterable

import django_filters
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.models import Page, ReferenceIndex
from wagtail.permissions import page_permission_policy


def uses_of_products() -> QuerySet[ReferenceIndex]:
    """Rows of Wagtail's reference index for products on pages."""
    product_type = ContentType.objects.get_for_model(get_model("catalogue", "Product"))
    page_type = ContentType.objects.get_for_model(Page)
    return ReferenceIndex.objects.filter(to_content_type=product_type, base_content_type=page_type)


class UseFilterSet(WagtailFilterSet):
    """Filters the report by product title or UPC."""

    product = django_filters.CharFilter(
        label=_("Product"), method="filter_product", widget=forms.TextInput
    )

    def filter_product(
        self, queryset: QuerySet[ReferenceIndex], name: str, value: str
    ) -> QuerySet[ReferenceIndex]:
        Product = get_model("catalogue", "Product")
        found = Product.objects.filter(
            Q(title__icontains=value) | Q(parent__title__icontains=value) | Q(upc__iexact=value)
        )
        keys = [str(key) for key in found.values_list("pk", flat=True)]
        return queryset.filter(to_object_id__in=keys)

    class Meta:
        model = ReferenceIndex
        fields: list[str] = []


class ProductUseView(ReportView):
    """Lists each use of a product on a page, with a link to the page's editor."""

    model = ReferenceIndex
    page_title = _("Pages that use a product")
    header_icon = "tag"
    filterset_class = UseFilterSet
    index_url_name = "product_use_report"
    index_results_url_name = "product_use_report_results"
    permission_policy = page_permission_policy
    any_permission_required = ["add", "change", "publish"]
    columns = [
        TitleColumn(
            "page", label=_("Page"), accessor="page_title", get_url=lambda row: row.page_edit_url
        ),
        Column("product", label=_("Product"), accessor="product_title"),
        Column("state", label=_("Status"), accessor="page_state"),
        Column("field", label=_("Where"), accessor="model_path"),
    ]
    list_export = ["page_title", "product_title", "page_state", "model_path"]
    export_headings = {
        "page_title": _("Page"),
        "product_title": _("Product"),
        "page_state": _("Status"),
        "model_path": _("Where"),
    }
    is_searchable = False

    def get_base_queryset(self) -> QuerySet[ReferenceIndex]:
        return uses_of_products().order_by("object_id", "pk")

    def decorate_paginated_queryset(self, rows: Iterable[ReferenceIndex]) -> list[ReferenceIndex]:
        """Add titles and state to the rows for the columns. Two queries per page of the report."""
        rows = list(rows)
        pages = Page.objects.in_bulk([int(row.object_id) for row in rows])
        products = get_model("catalogue", "Product").objects.in_bulk(
            [int(row.to_object_id) for row in rows]
        )
        for row in rows:
            page = pages.get(int(row.object_id))
            product = products.get(int(row.to_object_id))
            row.page_title = page.title if page else ""
            row.page_edit_url = page.edit_url if page and hasattr(page, "edit_url") else None
            row.page_state = page.status_string if page else ""
            row.product_title = product.get_title() if product else _("deleted product")
        return rows
