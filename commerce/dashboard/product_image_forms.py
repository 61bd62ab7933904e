"""A photograph of a product in its editor, and which values of options it shows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProductImage
from oscar.apps.dashboard.catalogue.forms import ProductImageForm as OscarProductImageForm

from commerce.images.uploads import photographs_only
from commerce.models import ProductPhoto

#: Values that the list shows without scrolling.
SHOWN = 6


class ProductImageForm(OscarProductImageForm):
    """Checks the photograph of a product, and notes the values that it shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        photographs_only(self, "original")

    def add_values(
        self, choices: list[tuple[str, list[tuple[int, str]]]], noted: list[tuple[int, str]]
    ) -> None:
        """Add a field with these values, ``[(option, [(key, label)])]``, and those noted already."""
        offered = {key for _option, values in choices for key, _label in values}
        self.initial["values"] = [key for key, _label in noted]
        others = [(key, label) for key, label in noted if key not in offered]
        self.fields["values"] = forms.MultipleChoiceField(
            label=_("Shows"),
            required=False,
            choices=[*choices, *others],
            # Oscar's script copies the last form, which it could not with a widget of its own.
            widget=forms.SelectMultiple(
                attrs={"class": "no-widget-init form-control mb-2", "size": SHOWN}
            ),
        )

    def save(self, commit: bool = True) -> AbstractProductImage:
        image = super().save(commit)
        if commit and "values" in self.changed_data:
            for photo in ProductPhoto.objects.filter(product_image=image):
                photo.options.set(self.cleaned_data["values"])
        return image
