"""The parts of a bundle (row in commerce.dashboard.permission_table)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import MaxValueValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model

from commerce.dashboard.staff_views import StaffPage
from commerce.index.bundles import update_bundles
from commerce.index.refresh import refresh_listings
from commerce.models import BundlePart
from commerce.orders.reservations import lock_stock
from commerce.requests import parse_pk
from commerce.stock.availability import tracks_stock
from commerce.stock.selling import is_shipped, selling_of


class PartForm(forms.Form):
    """A part by its SKU, and how many of it are in the bundle."""

    sku = forms.CharField(label=gettext_lazy("SKU of the part"), max_length=128)
    quantity = forms.IntegerField(
        label=gettext_lazy("Quantity"), min_value=1, initial=1, validators=[MaxValueValidator(1000)]
    )

    def __init__(self, bundle: AbstractProduct, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bundle = bundle

    def clean_sku(self) -> str:
        sku = self.cleaned_data["sku"].strip()
        records = get_model("partner", "StockRecord").objects.select_related("product__parent")
        record = records.filter(partner_sku=sku).order_by("pk").first()
        if record is None:
            raise forms.ValidationError(_("No product has the SKU “%(sku)s”.") % {"sku": sku})
        if refusal := refusal_of_part(self.bundle, record.product):
            raise forms.ValidationError(refusal)
        self.part = record.product
        return sku


def refusal_of_part(bundle: AbstractProduct, part: AbstractProduct) -> str:
    """Why a product cannot be part of a bundle, as a sentence; "" if it can."""
    names = {"part": part.get_title()}
    if part.pk == bundle.pk or BundlePart.objects.filter(bundle=part).exists():
        return _("“%(part)s” is a bundle itself.") % names
    if BundlePart.objects.filter(part=bundle).exists():
        return _("“%(bundle)s” is part of a bundle, so it can’t be one itself.") % {
            "bundle": bundle.get_title()
        }
    if not tracks_stock(part) or not is_shipped(part):
        return _("“%(part)s” has no stock, so it can’t be part of a bundle.") % names
    if BundlePart.objects.filter(bundle=bundle, part=part).exists():
        return _("“%(part)s” is part of this bundle already.") % names
    return ""


class BundleView(StaffPage, TemplateView):
    """Lists, adds and removes the parts of a product that is sold as a bundle.

    A POST is one of ``action`` "add" or "remove". Orders keep the parts that they were placed with.
    """

    template_name = "oscar/dashboard/catalogue/bundle.html"

    @cached_property
    def product(self) -> AbstractProduct:
        products = get_model("catalogue", "Product").objects.exclude(structure="parent")
        return get_object_or_404(products.select_related("parent"), pk=self.kwargs["pk"])

    def refusal(self) -> str:
        """Why this product cannot be a bundle; "" if it can."""
        if BundlePart.objects.filter(part=self.product).exists():
            return _("This product is part of a bundle, so it can’t be one itself.")
        if not tracks_stock(self.product) or not is_shipped(self.product):
            return _("Only products that are sent by post and have stock can be bundles.")
        if selling_of(self.product).later:
            return _("Bundles are sold from stock only. Turn off ordering without stock first.")
        if not self.product.stockrecords.exists():
            return _("Give the product a price first; its stock follows from its parts.")
        return ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "remove":
            return self.remove(parse_pk(request.POST.get("part_id", "")))
        form = PartForm(self.product, request.POST)
        if self.refusal() or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        quantity = form.cleaned_data["quantity"]
        with transaction.atomic():
            self.lock(form.part.pk)
            if refusal := refusal_of_part(self.product, form.part):
                form.add_error("sku", refusal)
                return self.render_to_response(self.get_context_data(form=form), status=422)
            BundlePart.objects.create(bundle=self.product, part=form.part, quantity=quantity)
        return self.done(_("The part is added."))

    def lock(self, part_id: int) -> None:
        """Lock the stock of bundle and part: orders read the parts under this lock."""
        records = get_model("partner", "StockRecord").objects
        found = records.filter(product__in=[self.product.pk, part_id])
        lock_stock(found.values_list("pk", flat=True))

    def remove(self, pk: int) -> HttpResponse:
        """Remove a part. Without parts the product has no stock until staff give it some."""
        part = get_object_or_404(BundlePart, bundle=self.product, pk=pk)
        with transaction.atomic():
            self.lock(part.part_id)
            part.delete()
            if not self.product.bundle_parts.exists():
                for record in self.product.stockrecords.all():
                    record.num_in_stock = record.num_allocated or 0
                    record.save()
        return self.done(_("The part is removed."))

    def done(self, text: str) -> HttpResponse:
        """Update stock and lists, and show the page again."""
        update_bundles([self.product.pk])
        refresh_listings([self.product.parent_id or self.product.pk], prices_only=True)
        messages.success(self.request, text)
        return redirect("staff-bundle", pk=self.product.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", PartForm(self.product))
        return super().get_context_data(
            product=self.product,
            title=_("Parts of %(product)s") % {"product": self.product.get_title()},
            parts=self.product.bundle_parts.select_related("part__parent"),
            refusal=self.refusal(),
            stock=sum(record.num_in_stock or 0 for record in self.product.stockrecords.all()),
            **kwargs,
        )
