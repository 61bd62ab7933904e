"""Photographs as pages show them: markup from the sizes that were made ahead.

A process remembers the sizes of an image until some image changes, so that a page with twenty
photographs asks for none of them.
"""

from dataclasses import dataclass
from functools import cache

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.models import Filter, Picture
from wagtail.images.shortcuts import get_renditions_or_not_found

from commerce.page_cache.kept import kept
from commerce.photos import RENDITION_SPECS, specs_for

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
    rows = {image.pk: {} for image in images}
    keys = {image.pk: image for image in images}
    for row in get_image_model().get_rendition_model().objects.filter(image__in=list(rows)):
        if row.focal_point_key == _filter(row.filter_spec).get_cache_key(keys[row.image_id]):
            rows[row.image_id][row.filter_spec] = row
    return {pk: _sizes(keys[pk], renditions) for pk, renditions in rows.items()}


@cache
def _filter(spec):
    return Filter(spec)


def _sizes(image, renditions):
    by_spec = {spec: Size(row.url, row.width, row.height) for spec, row in renditions.items()}
    is_complete = by_spec.keys() >= set(specs_for(image))
    shown = {spec: renditions[spec] for spec in _shown_specs(image)} if is_complete else {}
    return Sizes(by_spec, _markup(shown) if shown else "")


def _shown_specs(image):
    return _expanded("scene" if image.width > image.height else "square")


@cache
def _expanded(shape):
    return Filter.expand_spec(RENDITION_SPECS[shape])


def _markup(renditions):
    """Wagtail's ``<picture>`` with our places in it."""
    picture = Picture(renditions, {"alt": _ALT, "sizes": _SIZES, "data-loading": _LOADING})
    return picture.__html__().replace(f'data-loading="{_LOADING}"', _LOADING)


def picture_html(image, *, alt="", sizes="100vw", eager=False):
    """``<picture>`` of an image in all its sizes. Those that nobody made ahead are made now."""
    markup = sizes_of(image).markup or _markup(_made_now(image))
    loading = EAGER if eager else LAZY
    for place, text in ((_ALT, conditional_escape(alt)), (_SIZES, sizes), (_LOADING, loading)):
        markup = markup.replace(place, text)
    return SafeString(markup)


def _made_now(image):
    filters = [_filter(spec) for spec in _shown_specs(image)]
    return get_renditions_or_not_found(image, filters)


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
