"""Decimal numbers that staff type: prices, rates and amounts."""

from typing import Any

from django import forms


class DecimalField(forms.DecimalField):
    """A decimal number in the reader's language: "2.95", in German "2,95" as well.

    It is a text field: the number field of a browser drops a comma, and "2,95" becomes 295.
    """

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "localize": True})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal"}


class TypedDecimals:
    """Makes the decimal numbers of a form what ``DecimalField`` is."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_decimal = isinstance(field, (forms.DecimalField, forms.FloatField))
            if is_decimal and not isinstance(field, DecimalField):
                type_freely(field)


def type_freely(field: forms.DecimalField | forms.FloatField) -> None:
    """Make a decimal number that a library declared what ``DecimalField`` is."""
    numeric = ("step", "min", "max")
    others = {key: text for key, text in field.widget.attrs.items() if key not in numeric}
    field.localize = True
    field.widget = forms.TextInput({**others, "inputmode": "decimal"})
    field.widget.is_localized = True
    field.widget.is_required = field.required
