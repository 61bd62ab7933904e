"""The files that buyers of a product may download (row in commerce.dashboard.permission_table)."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_model

from commerce.dashboard.staff_views import StaffPage
from commerce.models import ProductFile
from commerce.requests import parse_pk

#: The endings of files that can be sold: nothing that a computer runs.
ENDINGS = [
    "azw3",
    "avif",
    "csv",
    "docx",
    "epub",
    "flac",
    "gif",
    "gpx",
    "jpg",
    "jpeg",
    "m4a",
    "m4b",
    "mobi",
    "mp3",
    "mp4",
    "odt",
    "ogg",
    "opus",
    "otf",
    "pdf",
    "png",
    "pptx",
    "psd",
    "svg",
    "tif",
    "tiff",
    "ttf",
    "txt",
    "wav",
    "webm",
    "webp",
    "woff2",
    "xlsx",
    "zip",
]


class ProductFileForm(forms.Form):
    """A file, and its title for buyers; without one, the file's name."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    file = forms.FileField(label=gettext_lazy("File"), max_length=200)

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        ending = PurePath(file.name).suffix.lower().lstrip(".")
        if ending not in ENDINGS:
            text = _("Files ending in “%(ending)s” can’t be sold. Possible are: %(known)s.")
            raise forms.ValidationError(text % {"ending": ending, "known": ", ".join(ENDINGS)})
        return file


class ProductFilesView(StaffPage, TemplateView):
    """Lists, adds, replaces and takes off the files of a product or variant.

    A POST is one of ``action`` "add", "replace" or "remove". Buyers keep a file that was taken off;
    a file of a product that nobody ordered is deleted.
    """

    template_name = "oscar/dashboard/catalogue/files.html"

    @cached_property
    def product(self) -> AbstractProduct:
        products = get_model("catalogue", "Product").objects.select_related("parent")
        return get_object_or_404(products, pk=self.kwargs["pk"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action")
        if action == "remove":
            return self.remove(self.chosen_file())
        form = ProductFileForm(request.POST, request.FILES)
        row = self.chosen_file() if action == "replace" else None
        if not form.is_valid():
            context = self.get_context_data(replaced=row, form=form)
            return self.render_to_response(context, status=422)
        self.store(form, row)
        messages.success(request, _("The file is saved."))
        return redirect("staff-files", pk=self.product.pk)

    def chosen_file(self) -> ProductFile:
        pk = parse_pk(self.request.POST.get("file_id", ""))
        return get_object_or_404(ProductFile, product=self.product, is_offered=True, pk=pk)

    def store(self, form: ProductFileForm, row: ProductFile | None) -> None:
        """Add a file, or replace the content of one: earlier buyers get the new one, too."""
        file = form.cleaned_data["file"]
        old = row.file.name if row else ""
        row = row or ProductFile(product=self.product)
        row.name = PurePath(file.name).name[-120:]
        row.title = form.cleaned_data["title"] or row.title or PurePath(row.name).stem
        row.size, row.file = file.size, file
        row.save()
        if old:
            row.file.storage.delete(old)

    def remove(self, row: ProductFile) -> HttpResponse:
        lines = get_model("order", "Line").objects
        bought = Q(product=self.product) | Q(product__parent=self.product)
        if row.downloads.exists() or lines.filter(bought).exists():
            row.is_offered = False
            row.save(update_fields=["is_offered"])
            text = _("“%(title)s” is no longer sold. Earlier buyers can still download it.")
        else:
            row.delete()
            row.file.storage.delete(row.file.name)
            text = _("“%(title)s” is deleted.")
        messages.success(self.request, text % {"title": row.title})
        return redirect("staff-files", pk=self.product.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ProductFileForm())
        rows = ProductFile.objects.filter(product=self.product)
        return super().get_context_data(
            product=self.product,
            title=_("Downloads of %(product)s") % {"product": self.product.get_title()},
            files=rows.filter(is_offered=True),
            endings=", ".join(ENDINGS),
            **kwargs,
        )
