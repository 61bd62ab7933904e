"""The columns of a listing that describe its variants: options, photos, and what its card says."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from commerce.images.card_photos import CardPhoto
from commerce.index.attribute_values import Value, choices_of, option_attributes
from commerce.models import VariantOption
from commerce.options.option_sets import SWATCHES, CatalogueVariant, Option, OptionSet, option_set

#: Most dots on a card.
MAX_DOTS = 6
#: The meaning of an option that photographs show before all others.
COLOUR = VariantOption.Meaning.COLOUR


def options_of(
    product_id: int,
    variants: Sequence[tuple[int, str, str]],
    values: Mapping[int, Mapping[str, Value]],
) -> OptionSet:
    """The options of a product with these variants, ``(product key, availability, SKU)``.

    ``values`` is ``{product key: {attribute code: Value}}``. A product that is its own variant has
    no options.
    """
    rows = [
        CatalogueVariant(pk, state, sku, choices_of(values[pk]) if pk != product_id else {})
        for pk, state, sku in variants
    ]
    attributes = option_attributes(values[row.product_id] for row in rows)
    return option_set(attributes, rows)


def photos_shown(
    product_id: int,
    variant_ids: Collection[int],
    values: Mapping[int, Mapping[str, Value]],
    photos: Mapping[int, Sequence[CardPhoto]],
) -> dict[int, list[CardPhoto]]:
    """The photos of a product and of each variant, ``{product key: [CardPhoto]}``.

    A variant's photos are its own, then those of its product that are for its values, the most
    specific first. One without any has those of the first variant that looks like it: of the same
    colour, or of the same value of the first option with swatches.
    """
    own = list(photos.get(product_id, ()))
    tagged = [photo for photo in own if photo.options]
    shown = {product_id: own}
    for pk in variant_ids:
        if pk != product_id:
            mine = {choice.pk for value in values[pk].values() for choice in value.choices}
            fitting = [photo for photo in tagged if _fits(photo, mine)]
            fitting.sort(key=lambda photo: -len(photo.options))
            shown[pk] = [*photos.get(pk, ()), *fitting]
    bare = [pk for pk in variant_ids if not shown[pk]]
    if bare and len(bare) < len(variant_ids):
        shown |= _photos_of_siblings(bare, variant_ids, values, photos, tagged)
    return shown


def _photos_of_siblings(
    bare: Collection[int],
    variant_ids: Collection[int],
    values: Mapping[int, Mapping[str, Value]],
    photos: Mapping[int, Sequence[CardPhoto]],
    tagged: Sequence[CardPhoto],
) -> dict[int, list[CardPhoto]]:
    """The photos of variants without any, from the first variant that has the same look."""
    looks = _looks_of(variant_ids, values)
    found: dict[int, list[CardPhoto]] = {}
    for photo in tagged:
        for value, _group in photo.options:
            found.setdefault(value, []).append(photo)
    own: dict[int, list[CardPhoto]] = {}
    for pk in variant_ids:
        if pk in looks and photos.get(pk):
            own.setdefault(looks[pk], list(photos[pk]))
    found |= own
    return {pk: found.get(looks[pk], []) if pk in looks else [] for pk in bare}


def _looks_of(
    variant_ids: Collection[int], values: Mapping[int, Mapping[str, Value]]
) -> dict[int, int]:
    """``{variant key: value key}`` of the option that decides how a variant looks, if there is one.

    That is its colour, else its first option with swatches.
    """
    given = [
        (pk, value)
        for pk in variant_ids
        for value in values[pk].values()
        if value.attribute.type == "option" and value.choices
    ]
    ranks = {
        (not is_colour, value.attribute.position or 0, value.attribute_id)
        for _pk, value in given
        if (is_colour := value.attribute.meaning == COLOUR) or value.choices[0].swatch
    }
    if not ranks:
        return {}
    *_rank, attribute_id = min(ranks)
    return {pk: value.choices[0].pk for pk, value in given if value.attribute_id == attribute_id}


def _fits(photo: CardPhoto, values: Collection[int]) -> bool:
    """Whether a photo is for a variant with these values: one of each attribute that it names."""
    by_group = defaultdict(set)
    for value, group in photo.options:
        by_group[group].add(value)
    return all(not of_group.isdisjoint(values) for of_group in by_group.values())


def variant_photos(product_id: int, shown: Mapping[int, Sequence[CardPhoto]]) -> dict[str, Any]:
    """The first two photos of each variant that has one, each photo once.

    ``{"photos": [sources], "of": {variant key: [index, …]}}``.
    """
    places: dict[int, int] = {}
    photos: list[Any] = []
    of: dict[str, list[int]] = {}
    for pk, of_variant in shown.items():
        if pk == product_id or not of_variant:
            continue
        for photo in of_variant[:2]:
            if photo.pk not in places:
                places[photo.pk] = len(photos)
                photos.append(photo.sources)
        of[str(pk)] = [places[photo.pk] for photo in of_variant[:2]]
    return {"photos": photos, "of": of} if of else {}


def options_on_card(options: OptionSet, shown: Mapping[int, Sequence[CardPhoto]]) -> dict[str, Any]:
    """What a card says of the options.

    ``dots`` are ``[label, swatch, variant key, photo]`` of the first option with swatches, ``more``
    the number of its further values. ``ranges`` are the values of the other options, first and last
    if there are many. ``count`` is the number of variants, ``only`` the key of a single one.
    """
    keys = [variant.product_id for variant in options.variants] if options.options else []
    with_dots = next((option for option in options.options if _has_dots(option)), None)
    dots = _dots(options, with_dots, shown) if with_dots else []
    ranges = [
        [option.name, len(option.values), option.values[0].label, option.values[-1].label]
        for option in options.options
        if option is not with_dots and option.code and len(option.values) > 1
    ]
    return {
        "dots": dots[:MAX_DOTS],
        "more": max(len(dots) - MAX_DOTS, 0),
        "ranges": ranges,
        "count": len(keys),
        "only": keys[0] if len(keys) == 1 else None,
    }


def _has_dots(option: Option) -> bool:
    return option.shown_as == SWATCHES and any(value.swatch for value in option.values)


def _dots(
    options: OptionSet, option: Option, shown: Mapping[int, Sequence[CardPhoto]]
) -> list[list[Any]]:
    """A dot per value with its best variant: the first that is available, else the first."""
    place = options.options.index(option)
    best: dict[int, Any] = {}
    for variant in options.variants:
        number = variant.values[place]
        held = best.get(number)
        if held is None or (held.is_sold_out and not variant.is_sold_out):
            best[number] = variant
    return [
        [value.label, value.swatch, best[n].product_id, _small(shown.get(best[n].product_id) or [])]
        for n, value in enumerate(option.values)
        if n in best
    ]


def _small(photos: Sequence[CardPhoto]) -> str:
    """The URL of a photo at the size of a card, or ""."""
    return photos[0].card_url if photos else ""
