"""The widgets of django-import-export that understand cells as ``commerce.imports.cells`` does.

A widget's ``clean`` turns a cell into a value and raises CellError, a ValueError; ``render`` turns
the value into the cell of an export. ``options`` is the run's ``ReadOptions``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from commerce.imports.cells import (
    CellError,
    moment_in,
    number_in,
    price_in,
    shortened,
    sku_in,
    stock_in,
    words_in,
    words_text,
    yes_in,
)
from commerce.imports.details import (
    BACKORDER,
    NO,
    PREORDER,
    content_in,
    day_in,
    later_in,
    measure_in,
    quantity_in,
)
from commerce.imports.records import ReadOptions, Record


class TextWidget(Widget):
    """Text of at most ``most`` characters."""

    def __init__(self, most: int = 255, *, is_required: bool = False) -> None:
        super().__init__()
        self.most, self.is_required = most, is_required

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if self.is_required and not value:
            raise CellError(_("This cell must not be empty."))
        if len(value) > self.most:
            raise CellError(_("The text is longer than %(most)d characters.") % {"most": self.most})
        return value

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class SkuWidget(TextWidget):
    """A SKU."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return sku_in(value)


class EmailWidget(TextWidget):
    """An email address, in lower case."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            return super().clean(value, row, **kwargs)
        try:
            validate_email(value)
        except ValidationError as error:
            text = _("“%(text)s” is not an email address.") % {"text": shortened(value)}
            raise CellError(text) from error
        return super().clean(value.lower(), row, **kwargs)


class PriceWidget(Widget):
    """A price; an empty cell is None."""

    def clean(
        self, value: str, row: Any = None, options: ReadOptions | None = None, **kwargs: Any
    ) -> Decimal | None:
        options = options or ReadOptions()
        return price_in(value, options.decimal, may_be_free=options.may_be_free)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{Decimal(value):.2f}"


class AmountWidget(PriceWidget):
    """An amount that may be 0, such as the total of an order."""

    def clean(
        self, value: str, row: Any = None, options: ReadOptions | None = None, **kwargs: Any
    ) -> Decimal | None:
        options = options or ReadOptions()
        return price_in(value, options.decimal, may_be_free=True)


class UnitsWidget(Widget):
    """A whole number; an empty cell is None."""

    def __init__(self, most: int | None = None, *, is_required: bool = False) -> None:
        super().__init__()
        self.most, self.is_required = most, is_required

    def clean(
        self, value: str, row: Any = None, options: ReadOptions | None = None, **kwargs: Any
    ) -> int | None:
        decimal = (options or ReadOptions()).decimal
        if self.is_required and not value:
            raise CellError(_("This cell must not be empty."))
        if self.most is not None and value and not 0 < number_in(value, decimal) <= self.most:
            raise CellError(_("Enter a number from 1 to %(most)d.") % {"most": self.most})
        return stock_in(value, decimal)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class DetailWidget(Widget):
    """How something is sold; an empty cell is None. ``read(cell, decimal)`` gives the value."""

    def __init__(self, read: Callable[[str, str], Any]) -> None:
        super().__init__()
        self.read = read

    def clean(
        self, value: str, row: Any = None, options: ReadOptions | None = None, **kwargs: Any
    ) -> Any:
        return self.read(value, (options or ReadOptions()).decimal) if value else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


#: Grams or millimetres; an amount with its unit; a number of units; a date.
MEASURE = DetailWidget(lambda text, decimal: measure_in(text, decimal=decimal, is_whole=True))
CONTENT, QUANTITY = DetailWidget(content_in), DetailWidget(quantity_in)
DAY = DetailWidget(lambda text, decimal: day_in(text))
_later = later_in({word: word for word in (NO, BACKORDER, PREORDER)})
LATER = DetailWidget(lambda text, decimal: _later(text))


class YesWidget(Widget):
    """Yes or no; an empty cell is None."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool | None:
        return yes_in(value) if value else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else "1" if value else "0"


class MomentWidget(Widget):
    """A date or date and time; an empty cell is None."""

    def __init__(self, *, is_end: bool = False) -> None:
        super().__init__()
        self.is_end = is_end

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> datetime | None:
        return moment_in(value, is_end=self.is_end)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


class ChoiceWidget(TextWidget):
    """One of several words."""

    def __init__(self, *words: str, default: str = "") -> None:
        super().__init__()
        self.words, self.default = words, default

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        word = value.strip().lower() or self.default
        if word not in self.words:
            raise CellError(
                _("“%(text)s” is none of: %(words)s.")
                % {"text": shortened(value), "words": ", ".join(self.words)}
            )
        return word


class ListWidget(Widget):
    """A list with a separator; a backslash before it escapes it.

    ``with_empty``: the places of its parts count, so empty ones stay.
    """

    def __init__(self, separator: str = "|", *, with_empty: bool = False) -> None:
        super().__init__()
        self.separator, self.with_empty = separator, with_empty

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[str]:
        return words_in(value, self.separator, with_empty=self.with_empty)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return words_text(value or (), self.separator)


class Sheet(Resource):
    """The columns of a plain file: ``Field`` by ``Field``, read and written by the same widgets."""

    @classmethod
    def column_names(cls) -> list[str]:
        """The names of all columns in order."""
        return [field.column_name for field in cls.fields.values()]

    def read_into(
        self, target: object, cells: Mapping[str, str], record: Record, line: int,
        options: ReadOptions, columns: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Set the attributes of ``target`` whose columns are in ``cells``; refusals go to ``record``.

        ``columns`` are the file's names of the columns.
        """
        for field in self.fields.values():
            if field.column_name not in cells:
                continue
            try:
                field.save(target, cells, options=options)
            except ValueError as error:
                column = columns.get(field.column_name, field.column_name)
                record.refuse(line, column, str(error))


def column(name: str, widget: Widget, *, attribute: str = "") -> Field:
    """A field that reads and writes a column, and the attribute of the same or another name."""
    return Field(attribute=attribute or name, column_name=name, widget=widget)
