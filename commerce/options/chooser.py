"""The chooser of a product page: one control per option, for one selected variant. Pure: no ORM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from commerce.options.option_sets import (
    MISSING,
    SWATCHES,
    Option,
    OptionSet,
    OptionValue,
    OptionVariant,
)


class Choice(NamedTuple):
    """A value in the chooser and the variant that choosing it selects.

    ``value`` is None for variants without a value. ``is_possible`` says that the variant keeps all
    the other values; if not, those of earlier options are kept first.
    """

    value: OptionValue | None
    product_id: int
    is_selected: bool
    is_possible: bool
    is_sold_out: bool

    @property
    def state(self) -> str:
        """Its class in the style sheet: "is-other", "is-gone" or ""."""
        if not self.is_possible:
            return "is-other"
        return "is-gone" if self.is_sold_out else ""


class Control(NamedTuple):
    """The control of one option; ``is_fixed`` if all variants have the same value."""

    option: Option
    choices: tuple[Choice, ...]

    @property
    def item(self) -> str:
        """The class of its choices in the style sheet."""
        return "swatch" if self.option.shown_as == SWATCHES else "value"

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.choices) == 1

    @property
    def selected(self) -> Choice | None:
        """The choice of the selected variant."""
        return next((choice for choice in self.choices if choice.is_selected), None)


def controls_for(options: OptionSet, selected: int | None) -> tuple[Control, ...]:
    """One ``Control`` per option, as seen from the selected variant."""
    current = options.by_key.get(selected or 0)
    if current is None:
        return ()
    return tuple(
        Control(option, tuple(_choices(options, place, current)))
        for place, option in enumerate(options.options)
    )


def _choices(options: OptionSet, place: int, current: OptionVariant) -> Iterator[Choice]:
    """The choices of the option at a place, in the order of its values."""
    best: dict[int, tuple[tuple[bool, ...], bool]] = {}
    found: dict[int, OptionVariant] = {}
    others = [n for n in range(len(options.options)) if n != place]
    for variant in options.variants:
        number = variant.values[place]
        same = tuple(variant.values[n] == current.values[n] for n in others)
        is_current = variant.product_id == current.product_id
        rank = (same, is_current or not variant.is_sold_out)
        if number not in best or rank > best[number]:
            best[number], found[number] = rank, variant
    values = options.options[place].values
    for number in sorted(found, key=lambda number: (number == MISSING, number)):
        variant = found[number]
        yield Choice(
            value=None if number == MISSING else values[number],
            product_id=variant.product_id,
            is_selected=number == current.values[place],
            is_possible=all(best[number][0]),
            is_sold_out=variant.is_sold_out,
        )
