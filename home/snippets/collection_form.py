"""The form of a collection in the Wagtail admin."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from commerce.catalogue.collections import value_choices
from commerce.slugs import cut_slug, slug_of_name


class ProductCollectionForm(WagtailAdminModelForm):
    """Offers the facet values as choices. A chosen value stays when no product has it any more.

    An empty slug is generated from the title.
    """

    values = forms.MultipleChoiceField(
        label=_("Properties"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "A product must match at least one ticked value of each property. "
            "Tick nothing to allow any value."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["values"].choices = value_choices(chosen=self.instance.values)
        self.fields["slug"].required = False

    def clean_slug(self) -> str:
        # The column holds ASCII only, whatever the setting for other slugs.
        if slug := self.cleaned_data.get("slug"):
            return slug
        title = self.cleaned_data.get("title")
        return cut_slug(slug_of_name(title), self.fields["slug"].max_length) if title else ""
