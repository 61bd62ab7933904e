"""Quantity forms; every error says what is possible."""

from typing import Any

from django import forms
from django.core.validators import (
    EmailValidator,
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)
from django.utils.translation import gettext_lazy as _
from oscar.apps.basket import forms as oscar_forms
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.basket.abstract_models import AbstractLine as AbstractBasketLine
from oscar.apps.catalogue.abstract_models import AbstractOption, AbstractProduct

from commerce.basket.checks import check_quantity, check_step, check_texts
from commerce.digital.gift_cards import LATEST
from commerce.models import OptionPrice
from commerce.options.personal import max_length_of, meaning_of
from commerce.stock.availability import units_available
from commerce.stock.selling import shop_today

#: Control characters that no text needs; spreadsheets and documents cannot hold them.
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
WHOLE_NUMBER = _("Enter a whole number, for example 2.")


class QuantityField(forms.IntegerField):
    """A number of items, with error messages for invalid and negative input."""

    def __init__(self, *, min_value: int, **kwargs: Any) -> None:
        super().__init__(
            min_value=min_value,
            error_messages={
                "required": _("Enter how many you would like."),
                "invalid": WHOLE_NUMBER,
                "min_value": _("Enter %(limit_value)s or more."),
            },
            **kwargs,
        )


class LineQuantityForm(forms.Form):
    """The quantity of one basket line; 0 removes it."""

    quantity = QuantityField(min_value=0, label=_("Quantity"))

    def __init__(self, line: AbstractBasketLine, **kwargs: Any) -> None:
        self.line = line
        super().__init__(prefix=f"line-{line.pk}", initial={"quantity": line.quantity}, **kwargs)

    def refusal(self) -> tuple[str, str, bool]:
        """The typed text, the error, and whether it exceeds the available units."""
        typed = str(self["quantity"].value())
        there = units_available(self.line.stockrecord)
        is_too_many = typed.isdecimal() and int(typed[:9]) > there > 0
        return typed, str(self.errors["quantity"][0]), is_too_many

    def clean_quantity(self) -> int:
        units = self.cleaned_data["quantity"]
        if units > self.line.quantity:
            check_quantity(
                self.line.basket, product=self.line.product, more=units - self.line.quantity
            )
        elif units:
            others = self.line.basket.product_quantity(self.line.product) - self.line.quantity
            check_step(self.line.product, others + units)
        return units


class AddToBasketForm(oscar_forms.AddToBasketForm):
    quantity = QuantityField(min_value=1, initial=1, label=_("Quantity"))

    def __init__(
        self, basket: AbstractBasket, product: AbstractProduct, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(basket, product, *args, **kwargs)
        if "child_id" in self.fields:
            choose = _("Choose an option first.")
            self.fields["child_id"].error_messages.update(required=choose, invalid_choice=choose)

    def _add_option_field(self, product: AbstractProduct, option: AbstractOption) -> None:
        """Limit a text to the option's length and to characters that can be read, and name the option in its errors."""
        super()._add_option_field(product, option)
        field = self.fields[option.code]
        field.error_messages["required"] = _("Fill in “%(name)s”.") % {"name": option.name}
        if "invalid_choice" in field.error_messages:
            text = _("Choose one of the values of “%(name)s”.")
            field.error_messages["invalid_choice"] = text % {"name": option.name}
        if option.type == option.TEXT:
            most = max_length_of(option)
            field.validators.append(MaxLengthValidator(most, self.too_long(option.name, most)))
            field.validators = [
                one for one in field.validators
                if not isinstance(one, ProhibitNullCharactersValidator)
            ]  # fmt: skip
            field.validators.append(
                RegexValidator(CONTROL, self.unreadable(option.name), inverse_match=True)
            )
        meaning = meaning_of(option)
        if meaning == OptionPrice.Meaning.EMAIL:
            refusal = _("Enter an email address for “%(name)s”.") % {"name": option.name}
            field.validators.append(EmailValidator(refusal))
        if meaning == OptionPrice.Meaning.SEND_ON and option.type == option.DATE:
            day_text = _("“%(name)s” can be any day from today, up to a year ahead.")
            refusal = day_text % {"name": option.name}
            field.validators.append(MinValueValidator(shop_today(), refusal))
            field.validators.append(MaxValueValidator(shop_today() + LATEST, refusal))

    @staticmethod
    def too_long(name: str, most: int) -> str:
        """The sentence about a text that is too long."""
        return _("“%(name)s” can have at most %(most)d characters.") % {"name": name, "most": most}

    @staticmethod
    def unreadable(name: str) -> str:
        """The sentence about a text with control characters."""
        text = _("“%(name)s” contains characters that cannot be read. Type the text again.")
        return text % {"name": name}

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"]

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            check_quantity(self.basket, product=self.product, more=self.cleaned_data["quantity"])
            check_texts(self.basket, self.product)
        return self.cleaned_data


class SimpleAddToBasketForm(oscar_forms.SimpleAddToBasketMixin, AddToBasketForm):
    pass
