"""Photographs as pages show them: markup from the sizes that were made ahead.

A process remembers the sizes of an image until some image changes, so that a page with twenty
photographs asks for none of them.
"""

import re
from dataclasses import dataclass
from functools import cache

from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.models import Filter
from wagtail.images.shortcuts import get_renditions_or_not_found

from commerce.bulk_sql import among
from commerce.images.photos import RENDITION_SPECS, specs_for
from commerce.page_cache.kept import kept

#: How a photograph that is not in the first row is loaded, and what the first one in sight has.
LAZY, EAGER = 'loading="lazy" decoding="async"', 'fetchpriority="high"'
#: Places in the markup that differ from page to page.
_ALT, _SIZES, _LOADING = "\0alt\0", "\0sizes\0", "\0loading\0"
#: The most images whose sizes a process remembers.
_MOST = 4000


@dataclass(frozen=True)
class Size:
    """One size of a photograph, in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Sizes:
    """The sizes of a photograph by their specs, and its markup with places to fill in.

    ``markup`` is "" where a size that pages ask for is not made yet.
    """

    by_spec: dict
    markup: str = ""


def sizes_of(image):
    """The ``Sizes`` of an image that are made; renders nothing."""
    own = image.__dict__.get("_sizes")
    return own or know_sizes([image])[image.pk]


def know_sizes(images):
    """``{image's key: Sizes}``; one query for all those that the process does not know."""
    images = {image.pk: image for image in images}
    known = kept("sizes-of-images", dict)
    found = {pk: sizes for pk in images if (sizes := known.get(pk)) is not None}
    if missing := images.keys() - found.keys():
        new = _find_sizes([images[pk] for pk in missing])
        found.update(new)
        if len(known) > _MOST:
            known.clear()
        # What is still being made is asked for again.
        known.update({pk: sizes for pk, sizes in new.items() if sizes.markup})
    for pk, image in images.items():
        if found[pk].markup:
            image.__dict__["_sizes"] = found[pk]
    return found


def _find_sizes(images):
    """Rows, not models: a thousand photographs have ten thousand of them."""
    keys = {image.pk: image for image in images}
    made = {pk: {} for pk in keys}
    Rendition = get_image_model().get_rendition_model()
    storage = Rendition._meta.get_field("file").storage
    rows = Rendition.objects.filter(image__in=among(keys)).values_list(
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
    return Sizes(by_spec, _markup(by_spec, _shown_specs(image)) if is_complete else "")


def _shown_specs(image):
    return _expanded("scene" if image.width > image.height else "square")


@cache
def _expanded(shape):
    return Filter.expand_spec(RENDITION_SPECS[shape])


def _markup(by_spec, specs):
    """``<picture>`` as Wagtail's ``{% picture %}`` writes it, with our places in it."""
    formats = {}
    for spec in specs:
        formats.setdefault(_format_of(spec), []).append(by_spec[spec])
    *others, (_name, sizes) = formats.items()
    sources = (
        f'<source sizes="{_SIZES}" srcset="{_srcset(of_format)}" type="image/{name}">'
        for name, of_format in others
    )
    first = sizes[0]
    return (
        f'<picture>{"".join(sources)}<img alt="{_ALT}" {_LOADING} height="{first.height}"'
        f' sizes="{_SIZES}" src="{escape(first.url)}" srcset="{_srcset(sizes)}"'
        f' width="{first.width}"></picture>'
    )


@cache
def _format_of(spec):
    return re.search(r"format-(\w+)", spec)[1]


def _srcset(sizes):
    return escape(", ".join(f"{size.url} {size.width}w" for size in sizes))


def picture_html(image, *, alt="", sizes="100vw", eager=False):
    """``<picture>`` of an image in all its sizes. Those that nobody made ahead are made now."""
    markup = sizes_of(image).markup or _markup(_made_now(image), _shown_specs(image))
    loading = EAGER if eager else LAZY
    for place, text in ((_ALT, conditional_escape(alt)), (_SIZES, sizes), (_LOADING, loading)):
        markup = markup.replace(place, text)
    return SafeString(markup)


def _made_now(image):
    filters = [_filter(spec) for spec in _shown_specs(image)]
    made = get_renditions_or_not_found(image, filters)
    return {spec: Size(row.url, row.width, row.height) for spec, row in made.items()}


def photo_html(image, *, alt="", sizes="100vw", eager=False, shape=""):
    """A photograph in its frame, or the first letter of ``alt`` where there is none.

    ``shape`` is "square", "wide", "classic" or nothing: the frame's, not the photograph's.
    """
    if not image:
        letter = str(alt or "·")[:1]
        return format_html('<span class="photo photo--none" aria-hidden="true">{}</span>', letter)
    frame = f"photo photo--{shape}" if shape else "photo"
    picture = picture_html(image, alt=alt, sizes=sizes, eager=eager)
    return format_html('<span class="{}">{}</span>', frame, picture)


def largest(image, format_name):
    """The largest size of a photograph in a format, as wide as the photograph at the most.

    The original where none is made.
    """
    made = sizes_of(image).by_spec
    prefix = f"format-{format_name}|width-"
    sizes = [size for spec, size in made.items() if spec.startswith(prefix)]
    original = Size(image.file.url, image.width, image.height)
    return max(sizes, key=lambda size: size.width, default=original)
