"""The options of one product and the values of its variants. Pure: no ORM.

An ``OptionSet`` is built with the listing and stored beside it, so that the chooser, cards, baskets,
mails, feeds and structured data all read the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from commerce.stock.availability import SOLD_OUT

#: The index of a value that a variant lacks.
MISSING = -1
#: An automatic control becomes a drop-down list above this number of values.
MAX_BUTTONS = 12
SWATCHES, BUTTONS, SELECT = "swatches", "buttons", "select"


class OptionValue(NamedTuple):
    """A value of an option. ``swatch`` is "#rrggbb", two of them, the URL of a picture, or ""."""

    label: str
    slug: str
    swatch: str = ""


class Option(NamedTuple):
    """An option of a product with the values that its variants have, in order.

    ``key`` is its attribute's; it is 0, and ``code`` and ``name`` are "", for the option that tells
    variants with equal values apart.
    """

    key: int
    code: str
    name: str
    control: str
    meaning: str
    values: tuple[OptionValue, ...]

    @property
    def shown_as(self) -> str:
        """Its control: ``SWATCHES``, ``BUTTONS`` or ``SELECT``."""
        if self.control in (SWATCHES, BUTTONS, SELECT):
            return self.control
        if any(value.swatch for value in self.values):
            return SWATCHES
        return BUTTONS if len(self.values) <= MAX_BUTTONS else SELECT


class OptionVariant(NamedTuple):
    """A variant: its product key, its availability, and the index of its value for each option."""

    product_id: int
    availability: str
    values: tuple[int, ...]

    @property
    def is_sold_out(self) -> bool:
        """Whether it cannot be bought now."""
        return self.availability == SOLD_OUT


@dataclass(frozen=True)
class OptionSet:
    """A product's options, and its variants in the order of variant numbers.

    A product without variants has one ``OptionVariant`` per stock record and no options.
    """

    options: tuple[Option, ...] = ()
    variants: tuple[OptionVariant, ...] = ()

    @cached_property
    def by_key(self) -> dict[int, OptionVariant]:
        """The variants by product key."""
        return {variant.product_id: variant for variant in self.variants}

    def values_of(self, product_id: int) -> list[tuple[Option, OptionValue]]:
        """The options of a variant with its values; without those it lacks."""
        variant = self.by_key.get(product_id)
        if variant is None:
            return []
        pairs = zip(self.options, variant.values, strict=True)
        return [(option, option.values[n]) for option, n in pairs if n != MISSING]

    def name_of(self, product_id: int) -> str:
        """A variant's name, all its values: "Navy, M"; "" for a product without variants."""
        return ", ".join(value.label for _option, value in self.values_of(product_id))

    def to_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "options": [[*option[:-1], [list(value) for value in option.values]] for option in self.options],
            "variants": [[pk, state, list(values)] for pk, state, values in self.variants],
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> OptionSet:
        """The set in its stored form; an empty one if nothing is stored."""
        options = (
            Option._make([*of, tuple(OptionValue(*value) for value in values)])
            for *of, values in stored.get("options", ())
        )
        variants = (
            OptionVariant(pk, state, tuple(values))
            for pk, state, values in stored.get("variants", ())
        )
        return cls(tuple(options), tuple(variants))


def names_in(stored: Mapping[str, Any]) -> dict[int, str]:
    """The names of all variants of a stored set, ``{product key: name}``."""
    labels = [[value[0] for value in option[-1]] for option in stored.get("options", ())]
    return {
        pk: ", ".join(of[n] for of, n in zip(labels, values, strict=True) if n != MISSING)
        for pk, _state, values in stored.get("variants", ())
    }


def states_in(stored: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The variants of a stored set, ``(product key, availability)``, in order."""
    return [(pk, state) for pk, state, _values in stored.get("variants", ())]


class AttributeValue(NamedTuple):
    """A variant's value of one attribute, as the catalogue stores it."""

    value: OptionValue
    order: tuple[int, int]


class OptionAttribute(NamedTuple):
    """An attribute that may be an option. ``position`` is None if its type does not declare it."""

    key: int
    code: str
    name: str
    position: int | None
    control: str = ""
    meaning: str = ""


class CatalogueVariant(NamedTuple):
    """A variant as the catalogue describes it. ``values`` are by attribute key."""

    product_id: int
    availability: str
    sku: str
    values: Mapping[int, AttributeValue]


def option_set(
    attributes: Iterable[OptionAttribute], variants: Sequence[CatalogueVariant]
) -> OptionSet:
    """The ``OptionSet`` of a product's variants.

    The options are the declared attributes for which a variant has a value, in their order. If
    nothing is declared, they are all given attributes, in the order of their keys. Variants with the
    same values are told apart by their SKUs, in one more option.
    """
    used = {key for variant in variants for key in variant.values}
    known = [attribute for attribute in attributes if attribute.key in used]
    declared = [attribute for attribute in known if attribute.position is not None]
    chosen = sorted(declared or known, key=lambda a: (a.position or 0, a.key))
    columns = [_values_of(attribute, variants) for attribute in chosen]
    rows = [tuple(numbers[n] for _values, numbers in columns) for n in range(len(variants))]
    options = [
        Option(a.key, a.code, a.name, a.control, a.meaning, values)
        for a, (values, _numbers) in zip(chosen, columns, strict=True)
    ]
    if len(set(rows)) < len(variants):
        skus = (OptionValue(variant.sku or str(variant.product_id), "") for variant in variants)
        options.append(Option(0, "", "", "", "", tuple(skus)))
        rows = [(*row, n) for n, row in enumerate(rows)]
    return OptionSet(
        tuple(options),
        tuple(
            OptionVariant(variant.product_id, variant.availability, row)
            for variant, row in zip(variants, rows, strict=True)
        ),
    )


def _values_of(
    attribute: OptionAttribute, variants: Sequence[CatalogueVariant]
) -> tuple[tuple[OptionValue, ...], list[int]]:
    """The values of one attribute in order, and the index of each variant's value."""
    found = [variant.values.get(attribute.key) for variant in variants]
    places = {given.value: given.order for given in found if given}
    ordered = tuple(sorted(places, key=lambda value: (places[value], value.label)))
    numbers = {value: n for n, value in enumerate(ordered)}
    return ordered, [numbers[given.value] if given else MISSING for given in found]
