"""What all forms with an address share: its fields follow the country."""

from copy import copy
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.addresses.countries import AUTOCOMPLETE, LABELS, country_name, rules_for
from commerce.addresses.models import missing_postcode
from commerce.addresses.phones import parse_phone, phone_text
from commerce.addresses.postcodes import PostcodeRefused, clean_postcode
from commerce.shop_settings.current import current_shop

#: The columns that every country's form shows.
ALWAYS = ("first_name", "last_name", "line1")
#: Those that only some countries use; a form hides the others and keeps what was typed into them.
BY_COUNTRY = ("line4", "state", "postcode")
#: The fields of an address, for the Meta of a form. The form sorts them by country.
FIELDS = ["country", *ALWAYS, "line2", "line3", *BY_COUNTRY]
#: Error messages of fields that were left empty.
MISSING = {
    "first_name": _("Enter a first name."),
    "last_name": _("Enter a last name."),
    "line1": _("Enter the street and number."),
    "line4": _("Enter the town or city."),
}
#: The names of the submit buttons that show the form again for another country, unchecked.
UPDATE, USE_COUNTRY = "update", "use_country"


class CountryAddressForm(forms.ModelForm):
    """A model form with ``FIELDS`` and perhaps a telephone number.

    Labels, order, required fields and checks are those of the country: the submitted one, or the
    initial one. ``offered_country`` is set if the postcode belongs to another country of the form.
    """

    #: "shipping" or "billing" for the browser's autofill, "" without one.
    section = ""
    #: Fields that are collapsed while empty.
    extra = ("line2", "line3")
    offered_country = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "country" in self.fields:
            field = cast(forms.ModelChoiceField, self.fields["country"])
            field.queryset, field.empty_label = self.countries(), None
        self.rules = rules_for(self._country_code())
        for name, label in {**LABELS, **self.rules.labels}.items():
            if name in self.fields:
                self.fields[name].label = label
                token = f"{self.section} {AUTOCOMPLETE[name]}".strip()
                self.fields[name].widget.attrs["autocomplete"] = token
        self._fit_fields()
        for name in (*ALWAYS, *self.rules.required):
            self._require(name)
        self._fit_phone()
        fixed = [name for name in FIELDS if name not in BY_COUNTRY]
        self.order_fields(["email", *fixed, *self.rules.fields])

    def countries(self) -> QuerySet:
        """The countries to choose from."""
        return get_model("address", "Country").objects.all()

    # --- Fields ---

    def _country_code(self) -> str:
        """The country that the form is shown for: the chosen one, or else the shop's own."""
        if "country" not in self.fields:
            return self.instance.country_id or ""
        if self.is_bound and (sent := self.data.get(self.add_prefix("country"))):
            return str(sent)
        if not self.initial.get("country"):
            # Otherwise the browser would show the first country with the fields of none.
            codes = list(self.countries().values_list("pk", flat=True))
            home = current_shop().country
            self.initial["country"] = home if home in codes else next(iter(codes), "")
        known = self.initial["country"]
        return str(getattr(known, "pk", known))

    def _fit_fields(self) -> None:
        """Hide what the country does not use, and offer its regions as choices."""
        for name in BY_COUNTRY:
            if name in self.fields and name not in self.rules.fields:
                self.fields[name].widget = forms.HiddenInput()
                self.fields[name].required = False
        if "state" in self.fields and self.rules.states and "state" in self.rules.fields:
            attrs = {"autocomplete": self.fields["state"].widget.attrs.get("autocomplete", "")}
            choices = [("", "—"), *self.rules.states]
            self.fields["state"].widget = forms.Select(attrs=attrs, choices=choices)
        if "postcode" in self.fields and "postcode" in self.rules.fields:
            self.fields["postcode"].widget.attrs["autocapitalize"] = "characters"

    def _require(self, name: str) -> None:
        if name not in self.fields:
            return
        text = MISSING.get(name) or self._missing(name)
        self.fields[name].required = True
        self.fields[name].error_messages["required"] = text
        self.fields[name].widget.attrs["data-needed"] = text

    def _missing(self, name: str) -> str:
        if name == "postcode":
            return missing_postcode(self.rules.country)
        label = str(self.fields[name].label)
        return gettext("Choose the %(label)s.") % {"label": label.lower()}

    def _fit_phone(self) -> None:
        """Replace the model's field, which refuses national numbers."""
        if "phone_number" not in self.fields:
            return
        old = self.fields["phone_number"]
        self.fields["phone_number"] = forms.CharField(
            label=old.label,
            required=False,
            max_length=32,
            widget=forms.TextInput(
                attrs={**old.widget.attrs, "type": "tel", "inputmode": "tel", "autocomplete": "tel"}
            ),
        )
        if known := self.get_initial_for_field(old, "phone_number"):
            self.initial["phone_number"] = phone_text(known, self.rules.country)

    @property
    def has_extra(self) -> bool:
        """Whether a collapsed field has a value or an error and must be shown open."""
        return any(self[name].value() or self[name].errors for name in self.extra)

    @cached_property
    def place_fields(self) -> list[BoundField]:
        """Town, region and postcode in the order of the country, then the hidden ones."""
        shown = list(self.rules.fields)
        hidden = [name for name in BY_COUNTRY if name not in shown]
        return [self[name] for name in (*shown, *hidden) if name in self.fields]

    # --- Checks ---

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (country := self.rules.country) or "country" in self.errors:
            return cleaned
        for name in BY_COUNTRY:
            if name in cleaned and name not in self.rules.fields:
                cleaned[name] = ""
        self._check("state", self._clean_state, country)
        self._check("postcode", clean_postcode, country)
        if cleaned.get("phone_number"):
            self._check("phone_number", lambda code, text: parse_phone(text, code), country)
        return cleaned

    def _check(self, name: str, check: Any, country: str) -> None:
        """Replace a field's value by the checked one, or report its error."""
        if not self.cleaned_data.get(name):
            return
        try:
            self.cleaned_data[name] = check(country, self.cleaned_data[name])
        except PostcodeRefused as refused:
            self.offered_country = self._offered(refused.belongs_to)
            is_elsewhere = refused.belongs_to and not self.offered_country
            self.add_error(name, refused.elsewhere if is_elsewhere else refused)
        except ValidationError as refused:
            self.add_error(name, refused)

    def _clean_state(self, _country: str, text: str) -> str:
        states = self.rules.states
        wanted = text.strip().casefold()
        for value, name in states:
            if wanted in (value.casefold(), name.casefold()):
                return value
        if states:
            message = gettext("Choose one from the list of %(country)s.")
            raise ValidationError(message % {"country": country_name(self.rules.country)})
        return text

    def _offered(self, country: str) -> str:
        """The country, if the form has it."""
        field = self.fields.get("country")
        choices = getattr(field, "queryset", None)
        return country if country and choices is not None and choices.filter(pk=country) else ""

    @property
    def offered_country_name(self) -> str:
        """The name of the country that the postcode belongs to."""
        return country_name(self.offered_country)

    @property
    def offer_name(self) -> str:
        """The name of the button that changes the country to the offered one."""
        return self.add_prefix(USE_COUNTRY)

    def _get_validation_exclusions(self) -> set[str]:
        # The model refuses numbers that no operator is known to have; ours were checked above.
        return {*super()._get_validation_exclusions(), "phone_number"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        # The model checks the postcode a second time.
        reported = copy(self.errors.get("postcode"))
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if reported:
            self.errors["postcode"] = reported
            self.errors.pop(NON_FIELD_ERRORS, None)


def is_update(data: Any, *, prefix: str = "") -> bool:
    """Whether the shopper asked for the fields of another country instead of submitting."""
    return UPDATE in data or f"{prefix}{USE_COUNTRY}" in data


def typed_fields(data: Any, *, prefix: str = "") -> dict[str, Any]:
    """What was typed, as initial values for the form, with the country that was asked for."""
    typed = {name.removeprefix(prefix): data[name] for name in data if name.startswith(prefix)}
    return {**typed, "country": typed.get(USE_COUNTRY) or typed.get("country", "")}
