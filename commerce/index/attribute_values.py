"""Reads the attribute values of many products for the listing index, and what they mean for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any, NamedTuple

from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.images.swatches import swatches_of
from commerce.models import OptionValueDisplay
from commerce.options.option_sets import AttributeValue, OptionAttribute, OptionValue
from commerce.slugs import slug_from

#: Longer values are cut, to leave room for the variant number and kind.
MAX_VALUE = 100
#: The place of values that have none, after all others.
UNPLACED = 2**31


class Attribute(NamedTuple):
    """The columns of an attribute. ``position`` is None unless it is an option of its type."""

    code: str
    name: str
    type: str
    position: int | None
    control: str | None
    meaning: str | None


class Choice(NamedTuple):
    """A value of a select attribute. ``swatch`` is "#rrggbb", two of them, a URL, or ""."""

    pk: int
    code: str | None
    name: str
    position: int | None
    swatch: str

    @property
    def slug(self) -> str:
        """The value in URLs."""
        return self.code or slug_from(self.name)


class Value(NamedTuple):
    """An attribute value. ``terms`` is ``{term value: label}``, shared by all products with it."""

    attribute_id: int
    attribute: Attribute
    boolean: bool | None
    text: str | None
    choices: tuple[Choice, ...]
    terms: dict[str, str]


def values_by_product(product_ids: Collection[int]) -> dict[int, dict[str, Value]]:
    """``{product_id: {attribute code: Value}}``; four queries, two more if values have pictures."""
    ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
    rows = list(
        ProductAttributeValue.objects.filter(product__in=literal_in(product_ids)).values_list(
            "pk", "product_id", "attribute_id", "value_boolean", "value_text", "value_option_id"
        )
    )
    # A separate query: with a join, MariaDB reads every product's values of each attribute.
    attributes = {
        pk: Attribute(*row)
        for pk, *row in _rows_by_key(
            "ProductAttribute", {row[2] for row in rows}, "code", "name", "type",
            "variant_option__position", "variant_option__control", "variant_option__meaning",
        )
    }  # fmt: skip
    several = _several_of(row[0] for row in rows if _is_multiple(attributes.get(row[2])))
    choices = _choices_of({row[5] for row in rows}.union(*several.values()))
    values: dict[int, dict[str, Value]] = defaultdict(dict)
    made: dict[tuple[Any, ...], Value] = {}
    for pk, product_id, *row in rows:
        key = (*row, *several.get(pk, ()))
        value = made.get(key)
        if value is None:  # many products share few values
            attribute_id, boolean, text, one = row
            attribute = attributes.get(attribute_id)
            if attribute is None:
                continue  # just deleted; the deletion refreshes its products
            keys = several.get(pk, ()) if _is_multiple(attribute) else (one,)
            found = tuple(choices[key] for key in keys if key in choices)
            value = made[key] = _value_of(Value(attribute_id, attribute, boolean, text, found, {}))
        values[product_id][value.attribute.code] = value
    return values


def _is_multiple(attribute: Attribute | None) -> bool:
    """Whether an attribute has multiple options."""
    return attribute is not None and attribute.type == "multi_option"


def _several_of(value_ids: Iterable[int]) -> dict[int, list[int]]:
    """``{value key: option keys}``."""
    through = get_model("catalogue", "ProductAttributeValue").value_multi_option.through
    keys = list(value_ids)
    several = defaultdict(list)
    if keys:
        rows = through.objects.filter(productattributevalue__in=literal_in(keys)).order_by("pk")
        for pk, option in rows.values_list("productattributevalue_id", "attributeoption_id"):
            several[pk].append(option)
    return several


def _choices_of(keys: Set[Any]) -> dict[int, Choice]:
    rows = list(
        _rows_by_key(
            "AttributeOption", keys, "code", "option", "display__position", "display__colour",
            "display__picture_id",
        )
    )  # fmt: skip
    pictures = swatches_of({picture for *_row, picture in rows if picture})
    return {
        pk: Choice(pk, code, name, position, pictures.get(picture) or colour or "")
        for pk, code, name, position, colour, picture in rows
    }


def _rows_by_key(model: str, keys: Set[Any], *columns: str) -> Iterable[tuple[Any, ...]]:
    """``(key, *columns)`` of some rows of a catalogue model."""
    rows = get_model("catalogue", model).objects.filter(pk__in=keys - {None}).order_by()
    return rows.values_list("pk", *columns)


def _value_of(value: Value) -> Value:
    """The value with its terms filled in."""
    value.terms.update(
        (f"{value.attribute.code}:{of}"[:MAX_VALUE], label) for of, label in _facet_values(value)
    )
    return value


def _facet_values(value: Value) -> list[tuple[str, str]]:
    """``[(slug, label)]`` of an attribute's ``Value``; none for numbers, dates and files."""
    if value.attribute.type in ("option", "multi_option"):
        return [(choice.slug, choice.name) for choice in value.choices]
    if value.attribute.type == "boolean":
        return [("yes", value.attribute.name)] if value.boolean else []
    if value.attribute.type == "text" and value.text and len(value.text) <= 60:
        return [(slug_from(value.text), value.text)]
    return []


def choices_of(values: Mapping[str, Value]) -> dict[int, AttributeValue]:
    """A variant's values of its select attributes, by attribute key."""
    found = {}
    for value in values.values():
        if value.attribute.type == "option" and value.choices:
            choice = value.choices[0]
            place = UNPLACED if choice.position is None else choice.position
            shown = OptionValue(choice.name, choice.slug, choice.swatch)
            found[value.attribute_id] = AttributeValue(shown, (place, choice.pk))
    return found


def option_attributes(variants: Iterable[Mapping[str, Value]]) -> list[OptionAttribute]:
    """The select attributes of some variants, each once."""
    found = {
        value.attribute_id: value.attribute
        for values in variants
        for value in values.values()
        if value.attribute.type == "option"
    }
    return [
        OptionAttribute(key, of.code, of.name, of.position, of.control or "", of.meaning or "")
        for key, of in found.items()
    ]


def option_displays() -> dict[str, dict[str, tuple[int, str]]]:
    """How the values of select attributes are shown: ``{code: {slug: (place, swatch)}}``.

    Two queries, two more if values have pictures. Values without a display are left out.
    """
    displays = OptionValueDisplay.objects.values_list(
        "value_id", "value__code", "value__option", "value__group_id", "position", "colour",
        "picture_id",
    )  # fmt: skip
    pictures = swatches_of({row[-1] for row in displays if row[-1]})
    by_group: dict[int, dict[str, tuple[int, str]]] = defaultdict(dict)
    for pk, code, name, group, position, colour, picture in displays:
        choice = Choice(pk, code, name, position, pictures.get(picture) or colour)
        by_group[group][choice.slug[:MAX_VALUE]] = (position, choice.swatch)
    attributes = get_model("catalogue", "ProductAttribute").objects
    found: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for code, group in attributes.filter(option_group__in=by_group).values_list(
        "code", "option_group_id"
    ):
        found[code] |= by_group[group]
    return found
