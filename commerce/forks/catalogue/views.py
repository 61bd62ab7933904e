"""Catalogue pages on commerce's functions: no Haystack, and no write on GET."""

from urllib.parse import unquote, urlsplit

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.generic import DetailView
from oscar.core.loading import get_model

from commerce.forks.search.views import ListingView
from commerce.moved import RELATED, address_of_category, address_of_product, retirement_of
from commerce.product_facts import companions_of, key_facts, review_summary
from commerce.product_page import buy_box_for, specification
from commerce.requests import key_in, moment_of, wants_fragment
from commerce.stock import SOLD_OUT

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")


def is_at(address, request):
    """Whether the address is the path that was asked for, whatever the query."""
    return unquote(urlsplit(address).path) == request.path


class ProductDetailView(DetailView):
    """A product's page. ``?variant=`` chooses the glaze; a script asks for the top part alone.

    A product that moved is a 301, one that was retired without a replacement a 410.
    """

    model = Product
    context_object_name = "product"
    template_name = "oscar/catalogue/detail.html"
    fragment_templates = {
        "block": "oscar/catalogue/partials/buy_box_block.html",
        "": "oscar/catalogue/partials/product_top.html",
    }

    def get_queryset(self):
        return Product.objects.select_related("product_class", *RELATED)

    def get(self, request, *args, **kwargs):
        self.object = product = self.get_object()
        address = address_of_product(product, request.META.get("QUERY_STRING", ""))
        if address is None:
            return self.refuse(product)
        if not is_at(address, request) or product.parent_id:
            return HttpResponsePermanentRedirect(address)
        return self.render_to_response(self.get_context_data())

    def refuse(self, product):
        """410 with what else there is for a retired product, 404 for one that is only hidden."""
        if retirement_of(product) is None:
            raise Http404
        family = product.parent or product
        others = companions_of(family, at=moment_of(self.request))
        others.sort(key=lambda card: card.availability == SOLD_OUT)
        category = family.get_categories().browsable().order_by("-depth").first()
        context = {"product": family, "others": others, "category": category}
        return render(self.request, "oscar/catalogue/retired.html", context, status=410)

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["X-Requested-With"])
        return response

    def get_template_names(self):
        if wants_fragment(self.request):
            shape = self.request.GET.get("as", "")
            return [self.fragment_templates.get(shape, self.fragment_templates[""])]
        return [self.template_name]

    def get_context_data(self, **kwargs):
        product, at = self.object, moment_of(self.request)
        chosen = key_in(self.request.GET.get("variant", ""))
        box = buy_box_for(product, selected=chosen, at=at)
        top = {"box": box, "facts": key_facts(product)}
        top["reviews"] = review_summary(product, stars=self.get_stars())
        if wants_fragment(self.request):
            return super().get_context_data(**top, **kwargs)
        return super().get_context_data(
            **top,
            crumbs=self.get_crumbs(),
            specification=specification(product),
            companions=companions_of(product, at=at),
            can_review=product.is_review_permitted(self.request.user),
            has_reviewed=product.has_review_by(self.request.user),
            **kwargs,
        )

    def get_stars(self):
        """The bar of the reviews that was chosen, or None."""
        stars = self.request.GET.get("stars", "")
        return int(stars) if stars in set("12345") else None

    def get_crumbs(self):
        category = self.object.get_categories().browsable().order_by("-depth").first()
        above = [*category.get_ancestors_and_self()] if category else []
        crumbs = [(part.name, part.get_absolute_url()) for part in above]
        return [(_("Home"), "/"), *crumbs, (self.object.title, None)]


class CatalogueView(ListingView):
    """Everything the shop sells."""

    def get_heading(self):
        return _("All pieces")


class ProductCategoryView(ListingView):
    """What a category and the categories below it hold."""

    def get(self, request, *args, **kwargs):
        self.category = Category.objects.browsable().filter(pk=kwargs["pk"]).first()
        if self.category is None:
            raise Http404
        address = address_of_category(self.category, request.META.get("QUERY_STRING", ""))
        if not is_at(address, request):
            return HttpResponsePermanentRedirect(address)
        return super().get(request, *args, **kwargs)

    def get_heading(self):
        return self.category.name

    def get_crumbs(self):
        above = [(part.name, part.get_absolute_url()) for part in self.category.get_ancestors()]
        return [(_("Home"), "/"), *above, (self.category.name, None)]

    def get_context_data(self, **kwargs):
        children = self.category.get_children().browsable()
        return super().get_context_data(
            category=self.category,
            lead=self.category.description,
            kinds=[(child.name, child.get_absolute_url()) for child in children],
            **kwargs,
        )
