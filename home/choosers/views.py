"""Choosing products, categories and stock records in the Wagtail admin: found by name, seen by photo."""

from functools import reduce
from operator import or_

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as views
from wagtail.admin.viewsets.chooser import ChooserViewSet

from commerce.index.listings import cards_for, photos_by_product, sellable_products


def _search_form(*lookups):
    """A form with one box that filters by the lookups; none of these models is in Wagtail's index."""

    class SearchForm(BaseFilterForm):
        q = forms.CharField(
            label=_("Search term"),
            widget=forms.TextInput(attrs={"placeholder": _("Search")}),
            required=False,
        )

        def filter(self, objects):
            objects = super().filter(objects)
            if query := self.cleaned_data.get("q"):
                matches = reduce(or_, (Q(**{f"{lookup}__icontains": query}) for lookup in lookups))
                keys = objects.model._default_manager.filter(matches).values("pk")
                objects = objects.filter(pk__in=keys)  # A join on variants would repeat a product.
                self.is_searching, self.search_query = True, query
            return objects

    return SearchForm


class PhotoColumn(Column):
    """The product's first photograph, small."""

    cell_template_name = "home/choosers/photo_cell.html"


class PriceColumn(Column):
    """The card's price at this moment."""

    cell_template_name = "home/choosers/price_cell.html"


class StockColumn(Column):
    """Whether the piece is there."""

    cell_template_name = "home/choosers/stock_cell.html"


class ProductChooseMixin:
    """Products as their cards, all of one page of results looked up at once."""

    filter_form_class = _search_form("title", "upc", "children__upc")

    def get_object_list(self):
        return sellable_products().order_by("title", "pk")

    @property
    def columns(self):
        return [
            PhotoColumn("photo", label="", width="72px"),
            self.title_column,
            PriceColumn("price", label=_("Price"), accessor="card"),
            StockColumn("stock", label=_("Stock"), accessor="card"),
        ]

    def get_results_page(self, request):
        page = super().get_results_page(request)
        ids = [product.pk for product in page.object_list]
        cards = {card.product_id: card for card in cards_for(ids)}
        photos = photos_by_product(ids)
        for product in page.object_list:
            product.card = cards.get(product.pk)
            product.photo = next(iter(photos[product.pk]), None)
        return page


class ProductChooseView(ProductChooseMixin, views.ChooseView):
    """The chooser's window."""


class ProductChooseResultsView(ProductChooseMixin, views.ChooseResultsView):
    """The chooser's results after a search or a turn of the page."""


class ProductChooserViewSet(ChooserViewSet):
    """Products that a shopper can meet."""

    model = "catalogue.Product"
    icon = "tag"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    choose_view_class = ProductChooseView
    choose_results_view_class = ProductChooseResultsView
    per_page = 12


class CategoryChooseMixin:
    """Categories by their full name, so that the third level says where it stands."""

    filter_form_class = _search_form("name")

    def get_object_list(self):
        return get_model("catalogue", "Category").objects.browsable().order_by("path")


class CategoryChooseView(CategoryChooseMixin, views.ChooseView):
    """The chooser's window."""


class CategoryChooseResultsView(CategoryChooseMixin, views.ChooseResultsView):
    """The chooser's results after a search or a turn of the page."""


class CategoryChooserViewSet(ChooserViewSet):
    """Categories that a shopper can meet."""

    model = "catalogue.Category"
    icon = "folder-open-inverse"
    choose_one_text = _("Choose a category")
    choose_another_text = _("Choose another category")
    choose_view_class = CategoryChooseView
    choose_results_view_class = CategoryChooseResultsView


class StockRecordChooseMixin:
    """Stock records by the studio's own number and the piece's name."""

    filter_form_class = _search_form("partner_sku", "product__title", "product__parent__title")

    def get_object_list(self):
        records = get_model("partner", "StockRecord").objects
        return records.select_related("product__parent", "partner").order_by("partner_sku")

    @property
    def title_column(self):
        column = super().title_column
        column.accessor = lambda record: record.product.get_title()
        return column

    @property
    def columns(self):
        return [
            self.title_column,
            Column("sku", label=_("SKU"), accessor="partner_sku"),
            Column("price", label=_("List price"), accessor="price"),
        ]


class StockRecordChooseView(StockRecordChooseMixin, views.ChooseView):
    """The chooser's window."""


class StockRecordChooseResultsView(StockRecordChooseMixin, views.ChooseResultsView):
    """The chooser's results after a search or a turn of the page."""


class StockRecordChooserViewSet(ChooserViewSet):
    """What a sale price is set for."""

    model = "partner.StockRecord"
    icon = "tag"
    choose_one_text = _("Choose a piece")
    choose_another_text = _("Choose another piece")
    choose_view_class = StockRecordChooseView
    choose_results_view_class = StockRecordChooseResultsView


product_chooser = ProductChooserViewSet("product_chooser")
category_chooser = CategoryChooserViewSet("category_chooser")
stockrecord_chooser = StockRecordChooserViewSet("stockrecord_chooser")
