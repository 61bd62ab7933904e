"""The form of a collection in the Wagtail admin: its rule, by the values that filters have."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from commerce.catalogue.collections import value_choices


class ProductCollectionForm(WagtailAdminModelForm):
    """Offers the values of the shop's filters. One that was chosen and is on no product any more stays."""

    values = forms.MultipleChoiceField(
        label=_("Properties"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Of one property any of those that are ticked, of several properties each. None: any."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["values"].choices = value_choices(chosen=self.instance.values)
