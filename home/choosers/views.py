"""Choosers of products, categories and stock records in the Wagtail admin."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from django import forms
from django.core.paginator import Page
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as views
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.images.models import AbstractImage

from commerce.index.listings import Card, cards_for, photos_by_product, sellable_products


def _search_form(*lookups: str) -> type[BaseFilterForm]:
    """A search form that filters by the lookups, as Wagtail's index has none of these models."""

    class SearchForm(BaseFilterForm):
        q = forms.CharField(
            label=_("Search term"),
            widget=forms.TextInput(attrs={"placeholder": _("Search")}),
            required=False,
        )

        def filter(self, objects: QuerySet) -> QuerySet:
            objects = super().filter(objects)
            if query := self.cleaned_data.get("q"):
                matches = reduce(or_, (Q(**{f"{lookup}__icontains": query}) for lookup in lookups))
                keys = objects.model._default_manager.filter(matches).values("pk")
                objects = objects.filter(pk__in=keys)  # A join on variants would repeat a product.
                self.is_searching, self.search_query = True, query
            return objects

    return SearchForm


class PhotoColumn(Column):
    """A thumbnail of the product's first photograph."""

    cell_template_name = "home/choosers/photo_cell.html"


class PriceColumn(Column):
    """The price on the product's card."""

    cell_template_name = "home/choosers/price_cell.html"


class StockColumn(Column):
    """The product's availability."""

    cell_template_name = "home/choosers/stock_cell.html"


class ProductChooseMixin:
    """Lists products with photograph, price and stock, looked up once per page of results."""

    title_column: Column
    #: What the rows show, by product key; set by ``get_results_page``.
    cards: Mapping[int, Card] = {}
    photos: Mapping[int, Sequence[AbstractImage]] = {}

    filter_form_class = _search_form(
        "title", "upc", "children__upc", "stockrecords__partner_sku",
        "children__stockrecords__partner_sku",
    )  # fmt: skip

    def get_object_list(self) -> QuerySet:
        return sellable_products().order_by("title", "pk")

    @property
    def columns(self) -> list[Column]:
        return [
            PhotoColumn("photo", label="", width="72px", accessor=self._photo_of),
            self.title_column,
            PriceColumn("price", label=_("Price"), accessor=self._card_of),
            StockColumn("stock", label=_("Stock"), accessor=self._card_of),
        ]

    def _card_of(self, product: AbstractProduct) -> Card | None:
        return self.cards.get(product.pk)

    def _photo_of(self, product: AbstractProduct) -> AbstractImage | None:
        return next(iter(self.photos.get(product.pk, ())), None)

    def get_results_page(self, request: HttpRequest) -> Page:
        page: Page = super().get_results_page(request)  # type: ignore[misc]
        ids = [product.pk for product in page.object_list]
        self.cards = {card.product_id: card for card in cards_for(ids)}
        self.photos = photos_by_product(ids)
        return page


class ProductChooseView(ProductChooseMixin, views.ChooseView):
    """The chooser's dialog."""


class ProductChooseResultsView(ProductChooseMixin, views.ChooseResultsView):
    """The results in the chooser's dialog, after a search or on another page."""


class ProductChooserViewSet(ChooserViewSet):
    """Products on sale."""

    model = "catalogue.Product"
    icon = "tag"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    choose_view_class = ProductChooseView
    choose_results_view_class = ProductChooseResultsView
    per_page = 12


class CategoryChooseMixin:
    """Lists public categories in the order of the tree."""

    filter_form_class = _search_form("name")

    def get_object_list(self) -> QuerySet:
        return get_model("catalogue", "Category").objects.browsable().order_by("path")


class CategoryChooseView(CategoryChooseMixin, views.ChooseView):
    """The chooser's dialog."""


class CategoryChooseResultsView(CategoryChooseMixin, views.ChooseResultsView):
    """The results in the chooser's dialog, after a search or on another page."""


class CategoryChooserViewSet(ChooserViewSet):
    """Public categories."""

    model = "catalogue.Category"
    icon = "folder-open-inverse"
    choose_one_text = _("Choose a category")
    choose_another_text = _("Choose another category")
    choose_view_class = CategoryChooseView
    choose_results_view_class = CategoryChooseResultsView


class StockRecordChooseMixin:
    """Lists stock records, found by SKU or product title."""

    filter_form_class = _search_form("partner_sku", "product__title", "product__parent__title")

    def get_object_list(self) -> QuerySet:
        records = get_model("partner", "StockRecord").objects
        return records.select_related("product__parent", "partner").order_by("partner_sku")

    @property
    def title_column(self) -> Column:
        column: Column = super().title_column  # type: ignore[misc]
        column.accessor = lambda record: record.product.get_title()
        return column

    @property
    def columns(self) -> list[Column]:
        return [
            self.title_column,
            Column("sku", label=_("SKU"), accessor="partner_sku"),
            Column("price", label=_("List price"), accessor="price"),
        ]


class StockRecordChooseView(StockRecordChooseMixin, views.ChooseView):
    """The chooser's dialog."""


class StockRecordChooseResultsView(StockRecordChooseMixin, views.ChooseResultsView):
    """The results in the chooser's dialog, after a search or on another page."""


class StockRecordChooserViewSet(ChooserViewSet):
    """Stock records, for sale prices."""

    model = "partner.StockRecord"
    icon = "tag"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    choose_view_class = StockRecordChooseView
    choose_results_view_class = StockRecordChooseResultsView


product_chooser = ProductChooserViewSet("product_chooser")
category_chooser = CategoryChooserViewSet("category_chooser")
stockrecord_chooser = StockRecordChooserViewSet("stockrecord_chooser")
