"""Photos on pages: ``<picture>`` markup from renditions made in advance."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, Filter
from wagtail.images.shortcuts import get_renditions_or_not_found

from commerce.bulk_sql import literal_in
from commerce.images.photos import picture_specs, width_of
from commerce.page_cache.dependencies import expires_by
from commerce.page_cache.memoise import memoise_many

#: Loading attributes of photos below the first row, and of those in it.
LAZY, EAGER = 'loading="lazy" decoding="async"', 'fetchpriority="high"'
#: The displayed width of a card's photo, with four, three or two cards to a row.
CARD_SIZES = "(min-width: 1400px) 320px, (min-width: 960px) 25vw, 46vw"

LARGE_CARD_SIZES = "(min-width: 1400px) 680px, (min-width: 820px) 50vw, 92vw"

#: The greatest width of a screen that shows the crop for phones.
NARROW = "640px"

#: The sizes of one photo by format, the last one being the fallback:
#: ``((format, ((url, width, height), ...)), ...)``. Lists instead of tuples if read from JSON.
Sources = Sequence[Any]


@dataclass(frozen=True)
class Size:
    """One size of a photo, in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Sizes:
    """The sizes of a photo by spec; ``sources`` has the widths that exist in all formats."""

    by_spec: dict[str, Size]
    sources: Sources = ()


def sizes_of(image: AbstractImage) -> Sizes:
    """The existing ``Sizes`` of an image; renders nothing."""
    own = image.__dict__.get("_sizes")
    return own or load_sizes([image])[image.pk]


def load_sizes(images: Iterable[AbstractImage]) -> dict[int, Sizes]:
    """``{image key: Sizes}``; one query for all those not cached."""
    images = {image.pk: image for image in images}
    names = {("sizes", pk): pk for pk in images}
    found = memoise_many(names, lambda missing: _sizes_by_name(missing, names, images))
    found = {names[name]: sizes for name, sizes in found.items()}
    for pk, image in images.items():
        if found[pk].sources:
            image.__dict__["_sizes"] = found[pk]
    return found


def _sizes_by_name(
    missing: Collection[Any], names: Mapping[Any, int], images: Mapping[int, AbstractImage]
) -> dict[Any, Sizes]:
    found = _find_sizes([images[names[name]] for name in missing])
    if not all(sizes.sources for sizes in found.values()):
        expires_by(timezone.now())  # check again while sizes are being made
    return {name: found[names[name]] for name in missing}


def _find_sizes(images: Iterable[AbstractImage]) -> dict[int, Sizes]:
    """Read rows, not models: a thousand photos have ten thousand renditions."""
    keys = {image.pk: image for image in images}
    made: dict[int, dict[str, Size]] = {pk: {} for pk in keys}
    Rendition = get_image_model().get_rendition_model()
    storage = Rendition._meta.get_field("file").storage
    rows = Rendition.objects.filter(image__in=literal_in(keys)).values_list(
        "image_id", "filter_spec", "focal_point_key", "file", "width", "height"
    )
    for image_id, spec, focal_point, name, *size in rows:
        if focal_point == _filter(spec).get_cache_key(keys[image_id]):
            made[image_id][spec] = Size(storage.url(name), *size)
    return {pk: _sizes(keys[pk], by_spec) for pk, by_spec in made.items()}


@cache
def _filter(spec: str) -> Filter:
    return Filter(spec)


def _sizes(image: AbstractImage, by_spec: dict[str, Size]) -> Sizes:
    """Widths that are still to be rendered, after an update or of a new photo, are left out."""
    wanted = picture_specs(image)
    missing = {width_of(spec) for spec in wanted if spec not in by_spec}
    shown = [spec for spec in wanted if width_of(spec) not in missing]
    return Sizes(by_spec, _sources(by_spec, shown))


def _sources(by_spec: Mapping[str, Size], specs: Iterable[str]) -> Sources:
    formats: dict[str, list[tuple[str, int, int]]] = {}
    for spec in specs:
        size = by_spec[spec]
        formats.setdefault(_format_of(spec), []).append((size.url, size.width, size.height))
    return tuple((name, tuple(sizes)) for name, sizes in formats.items())


def original(image: AbstractImage) -> Sources:
    """The ``Sources`` of an image without renditions: the original file."""
    return (("", ((image.file.url, image.width, image.height),)),)


@cache
def _format_of(spec: str) -> str:
    return spec.partition("format-")[2].partition("|")[0]


def picture(
    sources: Sources,
    *,
    alt: str = "",
    sizes: str = "100vw",
    eager: bool = False,
    narrow: Sources = (),
) -> SafeString:
    """The ``<picture>`` of a photo in all its sizes, as Wagtail's ``{% picture %}`` renders it.

    ``narrow`` are the sizes of another photo for screens up to ``NARROW``.
    """
    *others, (_format, made) = sources
    more = "".join(
        f'<source media="(max-width: {NARROW})" sizes="{sizes}" srcset="{_srcset(of_format)}"'
        f' type="image/{name or "jpeg"}">'
        for name, of_format in narrow
    )
    more += "".join(
        f'<source sizes="{sizes}" srcset="{_srcset(of_format)}" type="image/{name}">'
        for name, of_format in others
    )
    url, width, height = made[0]
    own, srcset = (f' sizes="{sizes}"', f' srcset="{_srcset(made)}"') if len(made) > 1 else ("", "")
    return SafeString(
        f'<picture>{more}<img alt="{conditional_escape(alt)}" {EAGER if eager else LAZY}'
        f' height="{height}"{own} src="{escape(url)}"{srcset} width="{width}"></picture>'
    )


def _srcset(made: Iterable[Sequence[Any]]) -> str:
    return escape(", ".join(f"{url} {width}w" for url, width, _height in made))


def framed(
    sources: Sources,
    *,
    alt: str = "",
    sizes: str = "100vw",
    eager: bool = False,
    shape: str = "",
    narrow: Sources = (),
) -> SafeString:
    """A photo in its frame, or the first letter of ``alt`` without a photo.

    ``shape`` is the shape of the frame: "square", "wide", "classic", "tall" or "".
    """
    if not sources:
        letter = str(alt or "·")[:1]
        return format_html('<span class="photo photo--none" aria-hidden="true">{}</span>', letter)
    frame = f"photo photo--{shape}" if shape else "photo"
    return format_html(
        '<span class="{}">{}</span>',
        frame,
        picture(sources, alt=alt, sizes=sizes, eager=eager, narrow=narrow),
    )


def photo_html(
    image: AbstractImage | None,
    *,
    alt: str = "",
    sizes: str = "100vw",
    eager: bool = False,
    shape: str = "",
    narrow: AbstractImage | None = None,
) -> SafeString:
    """An image in its frame (see ``framed``). Missing sizes are rendered now.

    ``narrow`` is another image for narrow screens.
    """
    sources, others = (
        (sizes_of(one).sources or _render_now(one)) if one else () for one in (image, narrow)
    )
    return framed(sources, alt=alt, sizes=sizes, eager=eager, shape=shape, narrow=others)


def _render_now(image: AbstractImage) -> Sources:
    specs = picture_specs(image)
    made = get_renditions_or_not_found(image, [_filter(spec) for spec in specs])
    by_spec = {spec: Size(row.url, row.width, row.height) for spec, row in made.items()}
    return _sources(by_spec, specs)


def largest(image: AbstractImage, format_name: str) -> Size:
    """The largest existing size of a photo in a format, else the original."""
    made = sizes_of(image).by_spec
    prefix = f"format-{format_name}|width-"
    sizes = [size for spec, size in made.items() if spec.startswith(prefix)]
    original = Size(image.file.url, image.width, image.height)
    return max(sizes, key=lambda size: size.width, default=original)
