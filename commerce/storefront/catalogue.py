"""Catalogue pages without Haystack and without writes on GET."""

from dataclasses import replace
from functools import cache, partial
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page
from django.views.generic import DetailView, View
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model

from commerce.catalogue.category_pictures import category_head
from commerce.catalogue.category_tree import (
    categories_of,
    deepest_of,
    trail_to,
    whole_shop,
)
from commerce.catalogue.collections import canonical_collection_url, rule_of
from commerce.catalogue.product_detail import (
    attributes_of_families,
    buy_box_for,
    family_of,
    specification,
)
from commerce.catalogue.product_facts import key_facts, values_of
from commerce.catalogue.redirects import (
    canonical_category_url,
    canonical_product_url,
    retirement_of,
)
from commerce.catalogue.related import alternatives_to, related_to
from commerce.catalogue.reviews import ReviewQuery, review_status, review_summary
from commerce.catalogue.scale_drawing import draw_to_scale
from commerce.index.listings import cards_for
from commerce.models import BundlePart, ProductCollection
from commerce.models.cache_tags import SITE, product_tag
from commerce.options.option_sets import states_in
from commerce.page_cache.dependencies import allow_caching, depends_on, understand
from commerce.page_cache.memoise import memoise
from commerce.requests import parse_pk, parse_pks, wants_fragment
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import SOLD_OUT
from commerce.stock.bundles import parts_of_bundles
from commerce.storefront.search import Crumbs, ListingView

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")


def is_at(address: str, request: HttpRequest) -> bool:
    """Whether the URL's path is the requested one, whatever the query."""
    return unquote(urlsplit(address).path) == request.path


class ProductDetailView(DetailView):
    """A product's page. ``?variant=`` chooses the variant; scripts get only the top part.

    ``?stars=``, ``?sort=`` and ``?page=`` apply to its reviews, another part for scripts. A product
    that moved is a 301, one retired without a replacement a 410.
    """

    model = Product
    context_object_name = "product"
    template_name = "oscar/catalogue/detail.html"
    fragment_templates = {
        "block": "oscar/catalogue/partials/buy_box_block.html",
        "reviews": "oscar/catalogue/partials/reviews.html",
        "": "oscar/catalogue/partials/product_top_part.html",
    }

    def get_queryset(self) -> QuerySet:
        return self._rows().all()

    @staticmethod
    @cache
    def _rows() -> QuerySet:
        # Redirects and retirements are rare, so they are looked up separately.
        rows = Product.objects.select_related("product_class", "listing", "details")
        rows = rows.annotate(is_bundle=Exists(BundlePart.objects.filter(bundle=OuterRef("pk"))))
        return rows.defer("listing__variant_photos")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = product = self.get_object()
        depends_on(product_tag(product.pk))
        address = canonical_product_url(product, request.META.get("QUERY_STRING", ""))
        if address is None:
            return self.refuse(product)
        if not is_at(address, request) or product.parent_id:
            return HttpResponsePermanentRedirect(address)
        return self.render_to_response(self.get_context_data())

    def refuse(self, product: AbstractProduct) -> HttpResponse:
        """410 with alternatives for a retired product, 404 for a hidden one."""
        if retirement_of(product) is None:
            raise Http404
        family = product.parent or product
        others = alternatives_to(family)
        category = deepest_of(categories_of(family))
        context = {"product": family, "others": others, "category": category}
        return render(self.request, "oscar/catalogue/retired.html", context, status=410)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["X-Requested-With"])
        shape = self.get_shape()
        understand([("variant", self.chosen), ("sort", self.query.sort)])
        understand(("as", known) for known in self.fragment_templates if known == shape)
        # Not every fragment reads the reviews, and their page number needs queries.
        if self.request.GET.keys() & {"stars", "page"}:
            understand([("stars", self.reviews.stars), ("page", self.reviews.page)])
        allow_caching(product_id=self.object.pk if shape is None else None)
        return response

    def get_shape(self) -> str | None:
        """The part that a script requests; None for the whole page."""
        return self.request.GET.get("as", "") if wants_fragment(self.request) else None

    def get_template_names(self) -> list[str]:
        shape = self.get_shape()
        if shape is None:
            return [self.template_name]
        return [self.fragment_templates.get(shape, self.fragment_templates[""])]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The page's data, each part evaluated when it is rendered."""
        standing = review_status(self.request.user, self.object)
        return super().get_context_data(
            chosen=self.chosen, query=self.query, standing=standing,
            **{name: partial(getattr, self, name) for name in self.shown}, **kwargs,
        )  # fmt: skip

    #: The properties available to the template.
    shown = (
        "box", "facts", "alternatives", "reviews", "crumbs", "specification", "related", "care",
        "drawing", "parts",
    )  # fmt: skip

    @cached_property
    def chosen(self) -> int | None:
        """The key of the variant chosen by the URL, or None."""
        key, listing = (
            parse_pk(self.request.GET.get("variant", "")),
            getattr(self.object, "listing", None),
        )
        known = {pk for pk, _state in states_in(listing.variants)} if listing else {key}
        return key if key in known else None

    @cached_property
    def query(self) -> ReviewQuery:
        """The URL's review parameters, with a valid variant."""
        return replace(ReviewQuery.from_parameters(self.request.GET), variant=self.chosen)

    @cached_property
    def parts(self) -> list[BundlePart]:
        """What is in the product if it is a bundle."""
        if not self.object.is_bundle:
            return []
        return parts_of_bundles([self.object.pk])[self.object.pk]

    @cached_property
    def box(self) -> Any:
        return buy_box_for(self.object, selected=self.chosen)

    @cached_property
    def attributes(self) -> Any:
        """Attributes of the product and its variants, read together and cached; do not change them."""
        pk = self.family.product_id
        find = partial(attributes_of_families, [self.family])
        return memoise(("attributes-of-page", pk), find, tags=[SITE, product_tag(pk)])

    @cached_property
    def family(self) -> Any:
        """The product with its options.

        Independent of prices and stock, so that orders don't invalidate it.
        """
        return family_of(self.object) if hasattr(self.object, "listing") else self.box

    @cached_property
    def is_sold_out(self) -> bool:
        """Whether all variants are sold out, as in lists."""
        listing = getattr(self.object, "listing", None)
        return listing.availability == SOLD_OUT if listing else self.box.is_sold_out

    @cached_property
    def values(self) -> dict[str, Any]:
        """The product's values by attribute code, those of the selected variant before its own."""
        selected = self.box.selected.product_id if self.box and self.box.selected else None
        return values_of(
            row for key in (self.object.pk, selected) for row in self.attributes
            if row.product_id == key
        )  # fmt: skip

    @cached_property
    def facts(self) -> Any:
        return key_facts(self.values)

    @cached_property
    def alternatives(self) -> Any:
        if not self.is_sold_out:
            return []
        return alternatives_to(self.object)

    @cached_property
    def reviews(self) -> Any:
        return review_summary(self.object, self.query)

    @cached_property
    def specification(self) -> Any:
        return specification(self.family, self.attributes)

    @cached_property
    def related(self) -> Any:
        if self.is_sold_out:
            return []
        return related_to(self.object)

    @cached_property
    def care(self) -> str:
        return self.values.get(current_shop().care_attribute) or ""

    @cached_property
    def drawing(self) -> Any:
        return draw_to_scale(
            self.object.title,
            height=self.values.get(current_shop().height_attribute),
            diameter=self.values.get(current_shop().width_attribute),
            is_metric=current_shop().is_metric,
        )

    @cached_property
    def crumbs(self) -> Crumbs:
        category = deepest_of(categories_of(self.object))
        crumbs = [(part.name, part.url) for part in trail_to(category.pk)] if category else []
        return [(_("Home"), "/"), *crumbs, (self.object.title, None)]


class CatalogueView(ListingView):
    """All products, with the texts of the category that contains them all, if there is one."""

    @cached_property
    def whole(self) -> Any:
        return whole_shop()

    def get_heading(self) -> str:
        return self.whole.name if self.whole else _("All products")

    def get_title(self) -> str:
        return self.whole.get_meta_title() if self.whole else self.get_heading()

    def get_description(self) -> str:
        own = self.whole.get_meta_description() if self.whole else ""
        words = _("All products from %(shop)s, with prices and availability.")
        return own or words % {"shop": current_shop().name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {}
        if self.whole:
            head = cache(partial(category_head, self.whole.pk))
            words = {"lead": self.whole.description, "head": head}
        return super().get_context_data(**words, **kwargs)


class ProductCategoryView(ListingView):
    """The products of a category and its subcategories."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.category = Category.objects.browsable().filter(pk=kwargs["pk"]).first()
        if self.category is None:
            raise Http404
        address = canonical_category_url(self.category, request.META.get("QUERY_STRING", ""))
        if not is_at(address, request):
            return HttpResponsePermanentRedirect(address)
        return super().get(request, *args, **kwargs)

    def get_heading(self) -> str:
        return self.category.name

    def get_title(self) -> str:
        return self.category.get_meta_title()

    def get_description(self) -> str:
        """The editors' text for search engines, or a default."""
        return self.category.get_meta_description() or _(
            "%(category)s: all products, with prices and availability."
        ) % {"category": self.category.name}

    def get_crumbs(self) -> Crumbs:
        above = [(part.name, part.url) for part in trail_to(self.category.pk)[:-1]]
        return [(_("Home"), "/"), *above, (self.category.name, None)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            category=self.category,
            lead=self.category.description,
            head=cache(partial(category_head, self.category.pk)),
            **kwargs,
        )


class CollectionView(ListingView):
    """A list defined by a rule of staff."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = ProductCollection.objects.filter(pk=parse_pk(kwargs["pk"]), is_public=True)
        self.collection = rows.first()
        if self.collection is None:
            raise Http404
        address = canonical_collection_url(self.collection, request.META.get("QUERY_STRING", ""))
        if not is_at(address, request):
            return HttpResponsePermanentRedirect(address)
        self.rule, self.default_sort = rule_of(self.collection), self.collection.sort
        return super().get(request, *args, **kwargs)

    def get_heading(self) -> str:
        return self.collection.title

    def get_description(self) -> str:
        words = _("%(collection)s: all products, with prices and availability.")
        return self.collection.description or words % {"collection": self.collection.title}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = linebreaks(self.collection.description, autoescape=True)
        return super().get_context_data(lead=lead, **kwargs)


@method_decorator(conditional_page, name="dispatch")
class CardsFragmentView(View):
    """Cards of the products in ``?ids=``, for scripts that know which ones a visitor viewed.

    The same for everyone and not stored here. Caches may store the response but must revalidate it,
    so prices are never outdated.
    """

    limit = 12

    def get(self, request: HttpRequest) -> HttpResponse:
        keys = parse_pks(request.GET.getlist("ids"), limit=self.limit)
        cards = cards_for(keys) if keys else []
        response = render(request, "oscar/catalogue/partials/cards_fragment.html", {"cards": cards})
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        response["X-Robots-Tag"] = "noindex"
        return response
