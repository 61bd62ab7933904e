from django import forms
from django.core.validators import MinValueValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from oscar.apps.dashboard.catalogue.forms import *
from oscar.apps.dashboard.catalogue.forms import ProductForm as OscarProductForm
from oscar.apps.dashboard.catalogue.forms import StockRecordForm as OscarStockRecordForm

from commerce.exact_times import ExactTimes
from commerce.stock import lock_stock


class ProductForm(ExactTimes, OscarProductForm):
    """Attributes that are times are saved to the second; yes or no may also be left open.

    A variant has its product's value where its own is left open. Oscar's box is never open: saving a
    variant's price would say No to everything that nobody ticked.
    """

    def get_attribute_field(self, attribute):
        if attribute.type != attribute.BOOLEAN:
            return super().get_attribute_field(attribute)
        is_child = self.instance.parent_id is not None
        return forms.TypedChoiceField(
            label=attribute.name,
            required=attribute.required,
            choices=[
                ("", _("As its product has it") if is_child else _("Not said")),
                ("True", _("Yes")),
                ("False", _("No")),
            ],
            coerce=lambda text: text == "True",
            empty_value=None,
        )


class StockRecordForm(OscarStockRecordForm):
    """Asks for the supplier only where there is more than one to choose from.

    What was not changed in the form is not written: orders take stock while it is open. A price of
    nothing is saved only where somebody says that it is meant.
    """

    gives_away = forms.BooleanField(label=_("Yes, sell it for nothing"), required=False)
    #: Whether the page has to ask.
    asks_about_nothing = False

    def __init__(self, product_class, user, *args, **kwargs):
        super().__init__(product_class, user, *args, **kwargs)
        partners = list(self.fields["partner"].queryset[:2])
        if len(partners) == 1:
            self.fields["partner"].initial = partners[0].pk
            self.fields["partner"].empty_label = None
        if "price" in self.fields:
            self.fields["price"].validators.append(MinValueValidator(0))
            self.fields["price"].widget.attrs["min"] = 0
        if "num_in_stock" in self.fields:
            # What the page showed comes back with it, so that an old page does not undo orders.
            self.fields["num_in_stock"].show_hidden_initial = True

    def clean(self):
        cleaned = super().clean()
        is_new = "price" in self.changed_data or self.instance._state.adding
        if cleaned.get("price") == 0 and is_new:
            self.asks_about_nothing = True
            if not cleaned.get("gives_away"):
                self.add_error(
                    "price", _("That would give it away. Type a price, or say that it is meant.")
                )
        return cleaned

    def save(self, commit=True):
        """The changed fields, on the record as it is now. Locks it."""
        if not commit or self.instance._state.adding:
            return super().save(commit)
        with transaction.atomic():
            record = lock_stock([self.instance.pk])[self.instance.pk]
            changed = [name for name in self.changed_data if name in self._meta.fields]
            for name in changed:
                setattr(record, name, self.cleaned_data[name])
            if changed:
                record.save(update_fields=[*changed, "date_updated"])
        return record
