"""Forms of wish lists: the name, and the lists of a product."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.apps.wishlists.abstract_models import AbstractWishList
from oscar.core.loading import get_model

from commerce.catalogue.wishlists import MAX_NAME


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        error_messages={"required": _("Give the list a name, for example “Wedding”.")},
    )


class SaveForm(forms.Form):
    """A checkbox for each list, ticked if it has the product, and the name of a new list."""

    lists = forms.MultipleChoiceField(
        label=_("Your lists"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_list = forms.CharField(label=_("New list"), required=False, max_length=MAX_NAME)

    def __init__(
        self, *args: Any, lists: Sequence[AbstractWishList], product: AbstractProduct, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lists"].choices = [(row.key, row.name) for row in lists]
        if not lists:
            del self.fields["lists"]
            self.fields["new_list"].label = _("List name")
            self.fields["new_list"].initial = _("My list")
            return
        Line = get_model("wishlists", "Line")
        on = Line.objects.filter(wishlist__in=lists, product=product)
        on = list(on.values_list("wishlist__key", flat=True))
        # Suggest the newest list for a new product.
        self.fields["lists"].initial = on or [lists[-1].key]

    def clean(self) -> dict[str, Any]:
        return {"lists": [], **self.cleaned_data}
