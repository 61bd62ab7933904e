"""What shoppers asked for on a line: personal texts and choices, and their price.

Oscar stores them as attributes of basket and order lines. Their price is part of the unit price.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.models import OptionPrice
from commerce.models.cache_tags import SITE
from commerce.models.personal_options import MOST_CHARACTERS
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractLine
    from oscar.apps.catalogue.abstract_models import AbstractOption, AbstractProduct

#: Relations of a line's attributes that ``choices_of`` and ``surcharge_of`` read.
RELATIONS = ("option__pricing",)


@dataclass(frozen=True)
class Choice:
    """The name of an option and what was asked for; ``is_text`` if the shopper wrote it."""

    name: str
    value: str
    is_text: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


def price_of_option(option: AbstractOption) -> Decimal:
    """The price of an option for each unit, tax included."""
    try:
        return option.pricing.price
    except ObjectDoesNotExist:
        return Decimal(0)


def surcharge_of(line: AbstractLine) -> Decimal:
    """What the choices of a basket line add to the price of each unit, tax included."""
    chosen = (attribute for attribute in line.attributes.all() if is_chosen(attribute.value))
    return sum((price_of_option(attribute.option) for attribute in chosen), Decimal(0))


def is_chosen(value: Any) -> bool:
    """Whether an answer says anything; an untouched optional field does not."""
    return value is not None and value is not False and value not in ("", [])  # 0 is a number


def choices_of(attributes: Iterable[Any]) -> list[Choice]:
    """The choices of a basket or order line, from its attributes with their options."""
    return [
        Choice(_name_of(attribute), text_of(attribute), is_text=_is_text(attribute.option))
        for attribute in attributes
        if is_chosen(attribute.value)
    ]


def _is_text(option: AbstractOption | None) -> bool:
    return option is not None and _kind_of(option) in ("text", "message")


def _name_of(attribute: Any) -> str:
    """The name of an option, of an order line as it was ordered."""
    written = getattr(attribute, "type", "")
    if attribute.option and written in ("", attribute.option.code):
        return attribute.option.name
    return written


def text_of(attribute: Any) -> str:
    """What was asked for, as shoppers read it."""
    value = attribute.value
    if isinstance(value, list):
        return ", ".join(map(str, value))
    is_day = attribute.option and attribute.option.type == "date"
    if is_day and (day := parse_date(str(value))):
        return date_format(day, "DATE_FORMAT")
    return str(_("Yes") if value is True else value)


def title_with_choices(title: str, choices: Iterable[Choice]) -> str:
    """A title followed by the choices: "Notebook, green (Embossing: Clara)"."""
    texts = "; ".join(map(str, choices))
    return f"{title} ({texts})" if texts else title


def title_without_choices(title: str, attributes: Iterable[Any]) -> str:
    """The title of an order line without what ``title_with_choices`` added to it."""
    told = choices_of(row for row in attributes if not (row.option and meaning_of(row.option)))
    # The end may be cut, and dates were written otherwise once.
    return title.partition(f" ({told[0].name}: ")[0] if told else title


def as_options(choices: Iterable[tuple[int, Any]], options: Mapping[int, Any]) -> list[dict]:
    """Choices given as ``(option key, value)`` in the form that Oscar's basket takes."""
    return [{"option": options[pk], "value": value} for pk, value in choices if pk in options]


@dataclass(frozen=True)
class PersonalOption:
    """One of Oscar's options as a product page offers it.

    ``kind`` is "text", "email", "message" or of ``KINDS``. ``typed`` are the answers, and ``errors``
    what is wrong with them, once they were refused.
    """

    code: str
    name: str
    kind: str
    is_required: bool
    help_text: str
    choices: tuple[str, ...]
    price: Decimal
    max_length: int
    typed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


KINDS = {
    "select": "choice", "radio": "choice", "multi_select": "several", "checkbox": "several",
    "boolean": "tick", "date": "date", "integer": "number", "float": "number",
}  # fmt: skip


def personal_options_of(products: Iterable[AbstractProduct]) -> dict[int, list[PersonalOption]]:
    """``{product key: its personal options in order}``.

    Any number of products need four queries at most, and none if the shop has no options.
    """
    depends_on(SITE)
    products = list(products)
    Option = get_model("catalogue", "Option")
    if not memoise("has-options", Option.objects.exists):
        return {product.pk: [] for product in products}
    rows = Option.objects.select_related("pricing", "option_group")
    options = {
        row.pk: _personal_option(row)
        for row in rows.prefetch_related("option_group__options").order_by("order", "name")
    }
    of_types = _options_by(
        get_model("catalogue", "ProductClass").options.through,
        "productclass_id",
        {product.product_class_id for product in products},
    )
    of_products = _options_by(
        get_model("catalogue", "Product").product_options.through,
        "product_id",
        {product.pk for product in products},
    )
    found: dict[int, list[PersonalOption]] = {}
    for product in products:
        own = of_products.get(product.pk, set()) | of_types.get(product.product_class_id, set())
        found[product.pk] = [option for pk, option in options.items() if pk in own]
    return found


def products_asking(types: Mapping[int, int | None]) -> set[int]:
    """Keys of the products that cannot be bought without an answer: with a required option.

    ``types`` is ``{product key: key of its product type}``. Three queries at most, and one if no
    option of the shop is required.
    """
    required = set(
        get_model("catalogue", "Option").objects.filter(required=True).values_list("pk", flat=True)
    )
    if not required:
        return set()
    of_types = _options_by(
        get_model("catalogue", "ProductClass").options.through,
        "productclass_id",
        {kind for kind in types.values() if kind},
    )
    of_products = _options_by(
        get_model("catalogue", "Product").product_options.through, "product_id", types.keys()
    )
    return {
        pk
        for pk, kind in types.items()
        if required & (of_products.get(pk, set()) | of_types.get(kind or 0, set()))
    }


def _options_by(through: Any, column: str, keys: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    rows = through.objects.filter(**{f"{column}__in": literal_in(keys)})
    for key, option in rows.values_list(column, "option_id"):
        found.setdefault(key, set()).add(option)
    return found


def _personal_option(row: AbstractOption) -> PersonalOption:
    group = row.option_group.options.all() if row.option_group else ()
    return PersonalOption(
        code=row.code,
        name=row.name,
        kind=_kind_of(row),
        is_required=row.required,
        help_text=row.help_text or "",
        choices=tuple(value.option for value in group),
        price=price_of_option(row),
        max_length=max_length_of(row),
    )


def meaning_of(option: AbstractOption) -> str:
    """What the shop does with the answer, of ``OptionPrice.Meaning``."""
    try:
        return option.pricing.meaning
    except ObjectDoesNotExist:
        return OptionPrice.Meaning.NONE


def _kind_of(option: AbstractOption) -> str:
    texts: dict[str, str] = {
        OptionPrice.Meaning.EMAIL: "email",
        OptionPrice.Meaning.MESSAGE: "message",
    }
    return KINDS.get(option.type) or texts.get(meaning_of(option), "text")


def max_length_of(option: AbstractOption) -> int:
    """The most characters of a text; a row that was written before the limit doesn't exceed it."""
    try:
        return min(option.pricing.max_length, MOST_CHARACTERS)
    except ObjectDoesNotExist:
        return 200
