"""The variants of a product: the generator, and the grid of prices, stock, SKUs and photographs."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model

from commerce.catalogue.variant_editing import (
    Combination,
    DeclaredOption,
    VariantError,
    combinations_of,
    create_variants,
    options_of_class,
)
from commerce.dashboard.row_forms import rows_are_valid
from commerce.dashboard.staff_views import StaffPage
from commerce.dashboard.variant_forms import (
    TAKEN_SKU,
    GeneratorForm,
    VariantRowForm,
    save_rows,
)
from commerce.index.listings import names_of_variants, photos_by_product, photos_of_listings
from commerce.index.refresh_queue import one_refresh
from commerce.models import Listing
from commerce.requests import parse_pk

#: Variants on one page of the grid.
PAGE = 50


class VariantsView(StaffPage, TemplateView):
    """Makes variants and edits them. ``?o<attribute key>=<option key>`` filters the grid.

    A POST is one of ``action`` "preview" (the combinations to choose from), "create" or "save". On
    an error everything typed is shown again.
    """

    template_name = "oscar/dashboard/catalogue/variants.html"

    @cached_property
    def product(self) -> AbstractProduct:
        products = get_model("catalogue", "Product").objects.select_related("product_class")
        return get_object_or_404(products.exclude(structure="child"), pk=self.kwargs["pk"])

    @cached_property
    def options(self) -> list[DeclaredOption]:
        return options_of_class(self.product.get_product_class())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action")
        if action == "save":
            return self.save_grid()
        form = GeneratorForm(self.options, request.POST)
        if not form.is_valid():
            return self.show(generator=form)
        try:
            found = combinations_of(self.product, self.options, form.chosen())
            if action == "create":
                return self.create(form, found)
        except VariantError as error:
            form.add_error(None, str(error))
            return self.show(generator=form)
        return self.show(generator=form, combinations=found)

    def create(self, form: GeneratorForm, found: Sequence[Combination]) -> HttpResponse:
        wanted = set(self.request.POST.getlist("combination"))
        made = create_variants(
            self.product,
            self.options,
            [one for one in found if one.key in wanted],
            price=form.cleaned_data["price"],
            stock=form.cleaned_data["stock"] or 0,
        )
        text = ngettext("%(count)d variant was made.", "%(count)d variants were made.", made)
        messages.success(self.request, text % {"count": made})
        return redirect(self.request.get_full_path())

    # --- The grid ---------------------------------------------------------------------------------

    def filtered(self) -> QuerySet:
        """The variants with the values asked for."""
        variants = self.product.children.order_by("pk")
        for option in self.options:
            if value := parse_pk(self.request.GET.get(f"o{option.attribute.pk}", "")):
                variants = variants.filter(
                    attribute_values__attribute=option.attribute,
                    attribute_values__value_option=value,
                )
        return variants

    @cached_property
    def page(self) -> Page:
        return Paginator(self.filtered(), PAGE).get_page(self.request.GET.get("page"))

    def row_forms(self, data: Any = None, files: Any = None) -> list[VariantRowForm]:
        variants = list(self.page.object_list.prefetch_related("stockrecords"))
        gives_away = bool(data and data.get("gives_away"))
        # What shoppers see: also photographs of the product that are for a variant's values.
        listing = Listing.objects.filter(pk=self.product.pk).first()
        photos = photos_of_listings([listing] if listing else [])
        if missing := [variant.pk for variant in variants if variant.pk not in photos]:
            photos |= photos_by_product(missing)
        names = names_of_variants([variant.pk for variant in variants])
        forms = []
        for variant in variants:
            records = sorted(variant.stockrecords.all(), key=lambda record: record.pk)
            variant.parent = self.product
            form = VariantRowForm(
                variant, records[0] if records else None, data, files, gives_away=gives_away
            )
            form.name = names.get(variant.pk) or variant.get_title()
            form.thumbnail = next(iter(photos.get(variant.pk, ())), None)
            forms.append(form)
        return forms

    def save_grid(self) -> HttpResponse:
        data = self.request.POST.copy()
        forms = self.row_forms(data, self.request.FILES)
        # A value for all rows shown replaces theirs.
        for name in ("price", "stock"):
            if value := data.get(f"fill_{name}", "").strip():
                for form in forms:
                    data[f"{form.prefix}-{name}"] = value
        if not rows_are_valid(forms, unique="sku", error=TAKEN_SKU):
            return self.show(rows=forms)
        with one_refresh():
            saved = save_rows(forms)
        text = ngettext("%(count)d variant was saved.", "%(count)d variants were saved.", saved)
        said = [text % {"count": saved}]
        if unpriced := sum(form.lost_its_price for form in forms):
            text = ngettext(
                "%(count)d of them has no price and cannot be bought.",
                "%(count)d of them have no price and cannot be bought.",
                unpriced,
            )
            said.append(text % {"count": unpriced})
        messages.success(self.request, " ".join(said))
        return redirect(self.request.get_full_path())

    # --- Showing ----------------------------------------------------------------------------------

    def show(self, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context))

    def get_context_data(
        self, *, generator: Any = None, rows: Any = None, combinations: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        filters = [
            (option, parse_pk(self.request.GET.get(f"o{option.attribute.pk}", "")))
            for option in self.options
        ]
        return super().get_context_data(
            product=self.product,
            options=self.options,
            generator=generator or GeneratorForm(self.options),
            combinations=combinations,
            new_count=sum(one.product_id is None for one in combinations or ()),
            filters=filters,
            page=self.page,
            query=query.urlencode(),
            rows=self.row_forms() if rows is None else rows,
            title=_("Variants of %(product)s") % {"product": self.product.title},
            **kwargs,
        )
