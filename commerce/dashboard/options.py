"""The options of a product type, and the values of an option with their order and swatches."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from oscar.apps.catalogue.abstract_models import AbstractAttributeOption
from oscar.core.loading import get_model

from commerce.catalogue.option_uses import products_blurred_without, refusal_of_blurred
from commerce.catalogue.variant_editing import options_of_class
from commerce.dashboard.row_forms import rows_are_valid
from commerce.dashboard.staff_views import StaffPage
from commerce.fields import collation_key
from commerce.images.photos import make_image
from commerce.images.swatches import swatches_of
from commerce.images.uploads import photographs_only
from commerce.index.refresh_queue import one_refresh
from commerce.models import OptionValueDisplay, VariantOption
from commerce.models.options import COLOUR
from commerce.slugs import code_from, cut_slug

#: Most values added at once.
MAX_NEW = 200


def lines_of(text: str) -> list[str]:
    """The lines of a text, each once (see ``collation_key``), without empty ones."""
    lines: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        lines.setdefault(collation_key(line), line)
    return list(lines.values())


def refusal_of(labels: list[str]) -> str:
    """Why these new values cannot be added at once; "" if they can."""
    if len(labels) > MAX_NEW:
        text = _("Add at most %(most)d values at once; these are %(count)d.")
        return text % {"most": MAX_NEW, "count": len(labels)}
    if too_long := next((label for label in labels if len(label) > 255), ""):
        text = _("“%(label)s…” is longer than 255 characters.")
        return text % {"label": too_long[:40]}
    return ""


def none_added(labels: list[str]) -> str:
    """Why no value was added: there was none, or the option has them all."""
    if not labels:
        return _("Enter at least one value.")
    text = ngettext("%(values)s exists already.", "%(values)s exist already.", len(labels))
    return text % {"values": ", ".join(f"“{label}”" for label in labels)}


class NewOptionForm(forms.Form):
    """A new option with its values, or one made of an existing select attribute."""

    attribute: forms.ModelChoiceField = forms.ModelChoiceField(
        None, label=gettext_lazy("Existing attribute"), required=False,
        empty_label=gettext_lazy("None: make a new one"),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)
    values = forms.CharField(
        label=gettext_lazy("Values, one per line"), widget=forms.Textarea, required=False
    )

    def __init__(self, product_class: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product_class = product_class
        attributes = product_class.attributes.filter(type="option", variant_option=None)
        self.fields["attribute"].queryset = attributes
        if not attributes.exists():
            del self.fields["attribute"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("attribute"):
            return cleaned
        name, values = cleaned.get("name", ""), lines_of(cleaned.get("values", ""))
        if not name:
            self.add_error("name", _("Enter a name such as Colour."))
        elif self.product_class.attributes.filter(code=self.code_of(name)).exists():
            self.add_error("name", _("The product type has an attribute with this name already."))
        if not values:
            self.add_error("values", _("Enter at least one value."))
        if refusal := refusal_of(values):
            self.add_error("values", refusal)
        return cleaned

    @staticmethod
    def code_of(name: str) -> str:
        """The attribute's code."""
        return cut_slug(code_from(name), 128)

    @transaction.atomic
    def save(self) -> VariantOption:
        """Declare the option, after the others."""
        attribute = self.cleaned_data.get("attribute")
        if attribute is None:
            name = self.cleaned_data["name"]
            group = get_model("catalogue", "AttributeOptionGroup").objects.create(name=name)
            attribute = self.product_class.attributes.create(
                name=name, code=self.code_of(name), type="option", option_group=group
            )
            add_values(group, lines_of(self.cleaned_data["values"]))
        declared = VariantOption.objects.filter(attribute__product_class=self.product_class)
        last = declared.aggregate(last=Max("position"))["last"]
        return VariantOption.objects.create(
            attribute=attribute, position=0 if last is None else last + 1
        )


def add_values(group: Any, labels: list[str]) -> int:
    """Add values to a group after the others; returns how many were missing."""
    known = {collation_key(label) for label in group.options.values_list("option", flat=True)}
    place = group.options.count()
    added = 0
    for label in labels:
        if collation_key(label) not in known:
            value = group.options.create(option=label)
            OptionValueDisplay.objects.create(value=value, position=place + added)
            added += 1
    return added


class OptionForm(forms.ModelForm):
    """An option's place, control and meaning; ticking ``remove`` makes it a plain attribute again."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=128)
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    class Meta:
        model = VariantOption
        fields = ("position", "control", "meaning")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.instance.attribute.name

    def save(self, commit: bool = True) -> VariantOption:
        if self.cleaned_data["remove"]:
            self.instance.delete()
            return self.instance
        if "name" in self.changed_data:
            self.instance.attribute.name = self.cleaned_data["name"]
            self.instance.attribute.save()
        return super().save(commit)


class OptionsView(StaffPage, TemplateView):
    """The options of a product type. A POST is one of ``action`` "add" or "save"."""

    template_name = "oscar/dashboard/catalogue/options.html"

    @cached_property
    def product_class(self) -> Any:
        return get_object_or_404(get_model("catalogue", "ProductClass"), pk=self.kwargs["pk"])

    def option_forms(self, data: Any = None) -> list[OptionForm]:
        rows = VariantOption.objects.filter(attribute__product_class=self.product_class)
        rows = rows.select_related("attribute").order_by("position", "pk")
        return [OptionForm(data, instance=row, prefix=f"o{row.pk}") for row in rows]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "add":
            new = NewOptionForm(self.product_class, request.POST)
            if not new.is_valid():
                return self.render_to_response(self.get_context_data(new=new))
            option = new.save()
            messages.success(
                request, _("“%(name)s” is an option now.") % {"name": option.attribute.name}
            )
            return redirect(request.path)
        rows = self.option_forms(request.POST)
        if not all(row.is_valid() for row in rows) or self.refuses_removals(rows):
            return self.render_to_response(self.get_context_data(rows=rows))
        with one_refresh(), transaction.atomic():
            for row in rows:
                if row.has_changed():
                    row.save()
        messages.success(request, _("The options were saved."))
        return redirect(request.path)

    def refuses_removals(self, rows: list[OptionForm]) -> bool:
        """Whether variants could not be told apart without the removed options; the rows say so."""
        removed = [row for row in rows if row.cleaned_data["remove"]]
        keys = [row.instance.attribute_id for row in removed]
        titles = products_blurred_without(self.product_class, keys) if removed else []
        if not titles:
            return False
        for row in removed:
            row.add_error("remove", refusal_of_blurred(titles))
        return True

    def get_context_data(self, *, new: Any = None, rows: Any = None, **kwargs: Any) -> dict:
        shown = options_of_class(self.product_class)
        values = {option.attribute.pk: option.values for option in shown}
        rows = self.option_forms() if rows is None else rows
        for row in rows:
            row.values = values.get(row.instance.attribute_id, ())
        return super().get_context_data(
            product_class=self.product_class,
            new=new or NewOptionForm(self.product_class),
            rows=rows,
            title=_("Options of %(type)s") % {"type": self.product_class.name},
            **kwargs,
        )


class ValueForm(forms.Form):
    """A value's label, place and swatch."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=255)
    position = forms.IntegerField(
        label=gettext_lazy("Position"), min_value=0, max_value=10_000, required=False
    )
    colour = forms.CharField(label=gettext_lazy("Colour"), max_length=15, required=False)
    picture = forms.ImageField(label=gettext_lazy("Picture"), required=False)
    no_picture = forms.BooleanField(label=gettext_lazy("Remove the picture"), required=False)

    def __init__(self, value: AbstractAttributeOption, *args: Any, **kwargs: Any) -> None:
        self.value = value
        self.display = getattr(value, "display", None) or OptionValueDisplay(value=value)
        initial = {
            "label": value.option,
            "position": self.display.position,
            "colour": self.display.colour,
        }
        super().__init__(*args, initial=initial, prefix=f"v{value.pk}", **kwargs)
        photographs_only(self, "picture")
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {value.option}"
        self.fields["colour"].widget.attrs["placeholder"] = "#4f8794"

    def clean_colour(self) -> str:
        colour = self.cleaned_data["colour"].strip().lower()
        self.display.colour = colour
        if colour and not re.match(COLOUR, colour):
            raise forms.ValidationError(
                _("Enter a colour such as #4f8794, or two separated by a space.")
            )
        return colour

    def save(self) -> None:
        """Write the label and the display."""
        if "label" in self.changed_data:
            self.value.option = self.cleaned_data["label"]
            self.value.save()
        self.display.position = self.cleaned_data["position"] or 0
        if upload := self.cleaned_data.get("picture"):
            self.display.picture = make_image(
                upload.read(), filename=upload.name, title=self.value.option
            )
        elif self.cleaned_data["no_picture"]:
            self.display.picture = None
        self.display.save()


class OptionValuesView(StaffPage, TemplateView):
    """The values of an option. A POST is one of ``action`` "add" or "save"."""

    template_name = "oscar/dashboard/catalogue/option_values.html"

    @cached_property
    def option(self) -> VariantOption:
        rows = VariantOption.objects.select_related("attribute__option_group")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def value_forms(self, data: Any = None, files: Any = None) -> list[ValueForm]:
        options = options_of_class(self.option.attribute.product_class)
        mine = next(one for one in options if one.attribute.pk == self.option.attribute_id)
        return [ValueForm(value, data, files) for value in mine.values]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "add":
            text = request.POST.get("values", "")
            labels = lines_of(text)
            if refusal := refusal_of(labels):
                return self.render_to_response(self.get_context_data(refusal=refusal, text=text))
            with transaction.atomic():
                added = add_values(self.option.attribute.option_group, labels)
            if not added:
                refusal = none_added(labels)
                return self.render_to_response(self.get_context_data(refusal=refusal, text=text))
            said = ngettext("%(count)d value was added.", "%(count)d values were added.", added)
            messages.success(request, said % {"count": added})
            return redirect(request.path)
        rows = self.value_forms(request.POST, request.FILES)
        if not rows_are_valid(rows, unique="label", error=_("Another value has this label.")):
            return self.render_to_response(self.get_context_data(rows=rows))
        with one_refresh(), transaction.atomic():
            for row in rows:
                if row.has_changed():
                    row.save()
        messages.success(request, _("The values were saved."))
        return redirect(request.path)

    def get_context_data(self, *, rows: Any = None, **kwargs: Any) -> dict[str, Any]:
        facts = {"option": self.option.attribute.name}
        rows = self.value_forms() if rows is None else rows
        pictures = swatches_of({row.display.picture_id for row in rows if row.display.picture_id})
        for row in rows:
            row.swatch = pictures.get(row.display.picture_id) or row.display.colour
        return super().get_context_data(
            option=self.option,
            product_class=self.option.attribute.product_class,
            rows=rows,
            title=_("Values of %(option)s") % facts,
            **kwargs,
        )
