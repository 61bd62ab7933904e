"""Lists of products: one view for everything, a category, and the results of a search."""

from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from commerce.listing_query import ListingQuery
from commerce.listings import products_in
from commerce.requests import moment_of, wants_fragment

SORT_NAMES = {
    "recommended": gettext_lazy("Recommended"),
    "newest": gettext_lazy("Newest"),
    "price-low": gettext_lazy("Price, low to high"),
    "price-high": gettext_lazy("Price, high to low"),
    "rating": gettext_lazy("Best rated"),
}


class ListingView(TemplateView):
    """A list with filters, sorting and pages, all in the query string. Scripts get the part."""

    template_name = "oscar/catalogue/browse.html"
    fragment_template = "oscar/catalogue/partials/listing.html"
    category = None

    def get_heading(self):
        raise NotImplementedError

    def get_crumbs(self):
        return [(_("Home"), "/"), (self.get_heading(), None)]

    def get_list(self, query):
        """The page of products that the query asks for."""
        return products_in(
            self.category,
            query=query.words,
            sort=query.sort,
            filters=query.filters,
            page=query.page,
            at=moment_of(self.request),
        )

    def get_context_data(self, **kwargs):
        query = ListingQuery.from_parameters(self.request.GET)
        list_page = self.get_list(query)
        return super().get_context_data(
            heading=self.get_heading(),
            crumbs=self.get_crumbs(),
            query=query,
            list_page=list_page,
            chips=self.get_chips(query, list_page),
            sorts=[(code, name, code == query.sort) for code, name in SORT_NAMES.items()],
            base_query=f"{address}&" if (address := query.address()[1:]) else "",
            clear_url=query.address(without=("glaze", "price", "stock")),
            **kwargs,
        )

    def get_chips(self, query, list_page):
        """(name, address without it) of every filter that is on."""
        groups = (("glaze", list_page.glazes), ("price", list_page.prices))
        chosen = [(name, value) for name, values in groups for value in values if value.is_selected]
        if query.in_stock:
            chosen.append(("stock", list_page.in_stock))
        return [
            (value.name, query.address(without=((name, value.code),))) for name, value in chosen
        ]

    def get_template_names(self):
        is_part = wants_fragment(self.request)
        return [self.fragment_template if is_part else self.template_name]

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["X-Requested-With"])
        return response


class FacetedSearchView(ListingView):
    """What a shopper searched for. Without words it shows the box and everything."""

    template_name = "oscar/search/results.html"

    def get_heading(self):
        return _("Search")
