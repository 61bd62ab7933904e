"""Product lists: a view for all products, categories, and search results."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from oscar.core.loading import get_model

from commerce.catalogue.collection_search import search_collections
from commerce.catalogue.list_query import ListingQuery
from commerce.catalogue.list_rules import ListRule
from commerce.catalogue.product_lists import SALE_FILTER, price_label, products_in
from commerce.catalogue.search_ideas import search_ideas
from commerce.index.listings import cards_for
from commerce.index.price_windows import expire_at_next_price_change
from commerce.index.sort_orders import ordered_keys
from commerce.index.tokens import fold
from commerce.models.cache_tags import LISTS
from commerce.models.sort_keys import SORT_NAMES, SORTS
from commerce.page_cache.dependencies import allow_caching, depends_on, understand
from commerce.requests import wants_fragment
from commerce.search.misses import count_miss
from commerce.search.prices import price_in
from commerce.search.queries import search_pages, suggest

#: Names and addresses; the address of the page itself is None.
Crumbs = list[tuple[str, str | None]]
#: Pages shown beside search results, and products suggested while typing.
PAGES_SHOWN, SUGGESTED = 8, 6
#: Collections shown beside search results, and suggested while typing.
COLLECTIONS_SHOWN, COLLECTIONS_SUGGESTED = 4, 2


class ListingView(TemplateView):
    """A list with filters, sorting and pages, all in the query string. Scripts get only the list."""

    template_name = "oscar/catalogue/browse.html"
    fragment_template = "oscar/catalogue/partials/listing.html"
    category: Any = None
    #: The sort order if the URL names none.
    default_sort = SORTS[0]
    #: The rule that selects the list's products.
    rule: ListRule | None = None
    #: Whether the page is not cached, so that each search without results is counted.
    is_counted_miss = False

    def get_heading(self) -> str:
        raise NotImplementedError

    def get_crumbs(self) -> Crumbs:
        return [(_("Home"), "/"), (self.get_heading(), None)]

    def get_title(self) -> str:
        """The list's name in browsers and search engines."""
        return self.get_heading()

    def get_description(self) -> str:
        """The list's description in search engines and link previews."""
        return ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect a page number that doesn't exist to the nearest one."""
        context = self.get_context_data(**kwargs)
        query, shown = context["query"], context["list_page"].page
        if query.page != str(shown):
            return redirect(request.path + query.page_url(shown))
        return self.render_to_response(context)

    def find(self, query: ListingQuery) -> Any:
        """Look up the page of products."""
        return products_in(
            self.category,
            query=query.words,
            exact=query.is_exact,
            sort=query.sort,
            filters=query.filters,
            page=query.page,
            rule=self.rule,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = ListingQuery.from_parameters(self.request.GET, default_sort=self.default_sort)
        list_page = self.find(query)
        query = query.restricted_to({facet.name for facet in list_page.facets})
        return super().get_context_data(
            heading=self.get_heading(),
            title=self.get_title(),
            description=self.get_description(),
            crumbs=self.get_crumbs(),
            query=query,
            list_page=list_page,
            chips=self.get_chips(query, list_page),
            sorts=tuple((code, name, code == query.sort) for code, name in SORT_NAMES.items()),
            base_query=query.base(),
            clear_url=query.unfiltered_url(),
            # Filters and sort orders show the same products; only further pages show others.
            canonical_page=1 if query.pairs() else list_page.page,
            **kwargs,
        )

    def get_chips(self, query: ListingQuery, list_page: Any) -> list[tuple[str, str]]:
        """(name, URL without it) of every active filter."""
        return [
            (value.name, query.address(without=((facet.name, value.code),)))
            for facet in list_page.facets
            for value in facet.values
            if value.is_selected
        ]

    def get_template_names(self) -> list[str]:
        is_part = wants_fragment(self.request)
        return [self.fragment_template if is_part else self.template_name]

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["X-Requested-With"])
        if not self.is_counted_miss:
            query, list_page = context["query"], context["list_page"]
            understand([("sort", query.sort), ("page", list_page.page)])
            for facet in list_page.facets:
                understand((facet.name, value.code) for value in facet.values if value.is_selected)
            allow_caching()
        return response


class FacetedSearchView(ListingView):
    """Search results. Without words it shows the search box and all products."""

    template_name = "oscar/search/results.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect a search for "sale" to the products on sale: no product contains the word."""
        query = ListingQuery.from_parameters(request.GET)
        if fold(query.words) in {fold(_("Sale")), fold(_("On sale"))} and not query.is_exact:
            return redirect(f"{reverse('catalogue:index')}?{SALE_FILTER}=yes")
        return super().get(request, *args, **kwargs)

    def get_heading(self) -> str:
        return _("Search")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_part = wants_fragment(self.request)
        context = super().get_context_data(**kwargs)
        query, found = context["query"], context["list_page"].search
        words = query.words
        understand([("q", words), ("exact", "1" if query.is_exact else "")])
        if found.price:
            unpriced = query.searching_for(found.words)
            context["price_name"] = price_label(found.price)
            context["price_url"] = unpriced.address()
            context["clear_url"] = unpriced.unfiltered_url()
        context["pages"] = [] if is_part else search_pages(found.words, count=PAGES_SHOWN)
        context["collections"] = search_collections(found.words, count=COLLECTIONS_SHOWN)
        elsewhere = (bool(context["pages"]), bool(context["collections"]))
        is_found = bool(found.ids or found.promoted or any(elsewhere))
        self.is_counted_miss = found.is_search and not is_found
        if self.is_counted_miss and not is_part:
            count_miss(found.words)
        if not words or self.is_counted_miss:
            context["ideas"] = search_ideas()
        return context


class SuggestView(TemplateView):
    """Suggestions while typing: products, categories, collections, pages."""

    template_name = "oscar/search/suggestions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Evaluated by the template, unless the words are cached."""
        shown = ("cards", "categories", "collections", "pages")
        return super().get_context_data(
            words=self.words, **{name: partial(getattr, self, name) for name in shown}, **kwargs
        )

    @cached_property
    def words(self) -> str:
        """The typed text."""
        return ListingQuery.from_parameters(self.request.GET).words

    @cached_property
    def meant(self) -> Any:
        """The result of ``commerce.search.queries.suggest``."""
        return suggest(self.words)

    @cached_property
    def cards(self) -> Any:
        """Products with the words in their title, as typed first, or else in their text."""
        meant = self.meant
        first: list[int] = []
        for chosen in (meant.typed, (meant.titled or meant.others) - meant.typed):
            if chosen and len(first) < SUGGESTED:
                wanted = SUGGESTED - len(first)
                first += ordered_keys(chosen, sort="recommended", start=0, count=wanted)
        depends_on(LISTS)
        expire_at_next_price_change()
        named = meant.named_variants
        variants = {pk: named.variants_of(pk) for pk in first} if named else {}
        return cards_for(first, variants={pk: of for pk, of in variants.items() if of})

    @cached_property
    def categories(self) -> list[Any]:
        """Categories with a matching name."""
        depends_on(LISTS)
        keys = self.meant.categories
        found = get_model("catalogue", "Category").objects.browsable().in_bulk(keys)
        return [found[pk] for pk in keys if pk in found]

    @cached_property
    def collections(self) -> Any:
        """Collections with a matching title or description."""
        return search_collections(price_in(self.words)[1], count=COLLECTIONS_SUGGESTED)

    @cached_property
    def pages(self) -> Any:
        """Pages of the magazine."""
        return search_pages(price_in(self.words)[1], count=3) if self.words else []

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        understand([("q", self.words)])
        allow_caching()
        return super().render_to_response(context, **kwargs)
