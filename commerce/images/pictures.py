"""Photographs as pages show them: ``<picture>`` markup from the sizes that were made ahead."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.models import Filter
from wagtail.images.shortcuts import get_renditions_or_not_found

from commerce.bulk_sql import literal_in
from commerce.images.photos import RENDITION_SPECS, specs_for
from commerce.page_cache.dependencies import expires_by
from commerce.page_cache.memoise import memoise_many

#: How a photograph that is not in the first row is loaded, and what the first one in sight has.
LAZY, EAGER = 'loading="lazy" decoding="async"', 'fetchpriority="high"'
#: How wide a card's photograph is shown; its column is four, three or two to a row.
CARD_SIZES = "(min-width: 1400px) 320px, (min-width: 960px) 25vw, 46vw"

#: The sizes of one photograph by format, the last one for browsers that know no other:
#: ``((format, ((url, width, height), ...)), ...)``. Lists where they come from a JSON column.
Sources = Sequence


@dataclass(frozen=True)
class Size:
    """One size of a photograph, in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Sizes:
    """The sizes of a photograph by their specs; ``sources`` is empty until all that pages ask for are made."""

    by_spec: dict
    sources: Sources = ()


def sizes_of(image):
    """The ``Sizes`` of an image that are made; renders nothing."""
    own = image.__dict__.get("_sizes")
    return own or know_sizes([image])[image.pk]


def know_sizes(images):
    """``{image's key: Sizes}``; one query for all those that the process does not remember."""
    images = {image.pk: image for image in images}
    names = {("sizes", pk): pk for pk in images}
    found = memoise_many(names, lambda missing: _sizes_by_name(missing, names, images))
    found = {names[name]: sizes for name, sizes in found.items()}
    for pk, image in images.items():
        if found[pk].sources:
            image.__dict__["_sizes"] = found[pk]
    return found


def _sizes_by_name(missing, names, images):
    found = _find_sizes([images[names[name]] for name in missing])
    if not all(sizes.sources for sizes in found.values()):
        expires_by(timezone.now())  # Sizes that are being made are asked for again.
    return {name: found[names[name]] for name in missing}


def _find_sizes(images):
    """Rows, not models: a thousand photographs have ten thousand of them."""
    keys = {image.pk: image for image in images}
    made = {pk: {} for pk in keys}
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
def _filter(spec):
    return Filter(spec)


def _sizes(image, by_spec):
    is_complete = by_spec.keys() >= set(specs_for(image))
    return Sizes(by_spec, _sources(by_spec, _shown_specs(image)) if is_complete else ())


def _shown_specs(image):
    return _expanded("scene" if image.width > image.height else "square")


@cache
def _expanded(shape):
    return Filter.expand_spec(RENDITION_SPECS[shape])


def _sources(by_spec, specs):
    formats = {}
    for spec in specs:
        size = by_spec[spec]
        formats.setdefault(_format_of(spec), []).append((size.url, size.width, size.height))
    return tuple((name, tuple(sizes)) for name, sizes in formats.items())


def original(image):
    """The ``Sources`` of an image whose sizes are not made yet: itself."""
    return (("", ((image.file.url, image.width, image.height),)),)


@cache
def _format_of(spec):
    return re.search(r"format-(\w+)", spec)[1]


def picture(sources, *, alt="", sizes="100vw", eager=False):
    """``<picture>`` of a photograph in all its sizes, as Wagtail's ``{% picture %}`` writes it."""
    *others, (_format, made) = sources
    more = "".join(
        f'<source sizes="{sizes}" srcset="{_srcset(of_format)}" type="image/{name}">'
        for name, of_format in others
    )
    url, width, height = made[0]
    own, srcset = (f' sizes="{sizes}"', f' srcset="{_srcset(made)}"') if len(made) > 1 else ("", "")
    return SafeString(
        f'<picture>{more}<img alt="{conditional_escape(alt)}" {EAGER if eager else LAZY}'
        f' height="{height}"{own} src="{escape(url)}"{srcset} width="{width}"></picture>'
    )


def _srcset(made):
    return escape(", ".join(f"{url} {width}w" for url, width, _height in made))


def framed(sources, *, alt="", sizes="100vw", eager=False, shape=""):
    """A photograph in its frame, or the first letter of ``alt`` where there is none.

    ``shape`` is "square", "wide", "classic" or nothing: the frame's, not the photograph's.
    """
    if not sources:
        letter = str(alt or "·")[:1]
        return format_html('<span class="photo photo--none" aria-hidden="true">{}</span>', letter)
    frame = f"photo photo--{shape}" if shape else "photo"
    return format_html(
        '<span class="{}">{}</span>', frame, picture(sources, alt=alt, sizes=sizes, eager=eager)
    )


def photo_html(image, *, alt="", sizes="100vw", eager=False, shape=""):
    """An image in its frame (see ``framed``). Sizes that nobody made ahead are made now."""
    sources = (sizes_of(image).sources or _made_now(image)) if image else ()
    return framed(sources, alt=alt, sizes=sizes, eager=eager, shape=shape)


def _made_now(image):
    specs = _shown_specs(image)
    made = get_renditions_or_not_found(image, [_filter(spec) for spec in specs])
    by_spec = {spec: Size(row.url, row.width, row.height) for spec, row in made.items()}
    return _sources(by_spec, specs)


def largest(image, format_name):
    """The largest size of a photograph in a format, as wide as the photograph at the most.

    The original where none is made.
    """
    made = sizes_of(image).by_spec
    prefix = f"format-{format_name}|width-"
    sizes = [size for spec, size in made.items() if spec.startswith(prefix)]
    original = Size(image.file.url, image.width, image.height)
    return max(sizes, key=lambda size: size.width, default=original)
