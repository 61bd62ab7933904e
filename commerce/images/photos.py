"""Product photos: Oscar lists a product's pictures, Wagtail stores and renders them."""

from __future__ import annotations

import hashlib
import logging
import math
import posixpath
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from oscar.core.thumbnails import AbstractThumbnailer
from PIL import Image as PillowImage
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, AbstractRendition, Filter
from wagtail.models import Collection as WagtailCollection

from commerce.models import CategoryPhoto, ProductPhoto

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProductImage


logger = logging.getLogger(__name__)

#: Every width in pixels the storefront uses: of squares in cards, galleries and baskets, of scenes
#: in heroes and wide tiles. Pages must not use others, or the first visitor waits for the rendering.
WIDTHS = {"square": (320, 640, 960, 1600), "scene": (320, 640, 1280, 1920, 2880)}
#: The formats of each width; the last one is the fallback.
FORMATS = ("avif", "webp", "jpeg")
#: The Open Graph image of a page.
SHARE_SPEC = "fill-1200x630|format-jpeg"
#: Pillow's name of each format and the encoder options of ``render_ahead``. These speeds take a
#: fifth of the time of the defaults and make files about 10 % larger.
ENCODERS = {
    "avif": (
        "AVIF",
        {"quality": settings.WAGTAILIMAGES_AVIF_QUALITY, "speed": 10, "max_threads": 1},
    ),
    "webp": ("WEBP", {"quality": settings.WAGTAILIMAGES_WEBP_QUALITY, "method": 2}),
    "jpeg": (
        "JPEG",
        {"quality": settings.WAGTAILIMAGES_JPEG_QUALITY, "progressive": True, "optimize": True},
    ),
}


def photo_for(product_image: AbstractProductImage) -> AbstractImage | None:
    """The Wagtail image of a product image, or None if it has none yet."""
    photo = ProductPhoto.objects.filter(product_image=product_image).select_related("image").first()
    return photo.image if photo else None


def sync_photo(product_image: AbstractProductImage) -> AbstractImage:
    """Create or update the Wagtail image of a product image from its file.

    Identical files share one Wagtail image. Raises FileNotFoundError if storage has lost the
    original.
    """
    with product_image.original.open("rb") as file:
        content = file.read()
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    current = photo_for(product_image)
    if current is not None and current.file_hash == digest:
        return current
    with transaction.atomic():
        image = get_image_model().objects.filter(file_hash=digest).first()
        if image is None:
            image = make_image(
                content,
                filename=posixpath.basename(product_image.original.name),
                title=product_image.caption or product_image.product.get_title(),
            )
        ProductPhoto.objects.update_or_create(
            product_image=product_image, defaults={"image": image}
        )
    return image


def sync_category_photo(category: AbstractCategory) -> None:
    """Create, update or delete the Wagtail image of a category to match its file.

    Identical files share one Wagtail image. Does nothing if storage has lost the file.
    """
    rows = CategoryPhoto.objects.filter(category=category)
    if not category.image:
        for row in rows:
            row.delete()  # not of the queryset, so that pages are invalidated
        return
    try:
        with category.image.open("rb") as file:
            content = file.read()
    except OSError:
        logger.warning("The photograph of category %s is not in storage", category.pk)
        return
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if rows.filter(image__file_hash=digest).exists():
        return
    with transaction.atomic():
        image = get_image_model().objects.filter(file_hash=digest).first() or make_image(
            content, filename=posixpath.basename(category.image.name), title=category.name
        )
        CategoryPhoto.objects.update_or_create(category=category, defaults={"image": image})


def make_image(
    content: bytes,
    *,
    filename: str,
    title: str,
    description: str = "",
    collection: WagtailCollection | None = None,
) -> AbstractImage:
    """Create a Wagtail image from a file's bytes; ``description`` becomes its alt text."""
    Image = get_image_model()
    with PillowImage.open(BytesIO(content)) as opened:
        width, height = opened.size
    field = Image._meta.get_field("file")
    image = Image(
        title=title,
        description=description,
        # Stored before its row: see _rendition.
        file=field.storage.save(field.generate_filename(Image(), filename), ContentFile(content)),
        width=width,
        height=height,
        file_size=len(content),
        file_hash=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    )
    if collection is not None:
        image.collection = collection
    image.save()
    return image


def specs_for(image: AbstractImage) -> list[str]:
    """The specs of all renditions that pages use for an image."""
    return [*picture_specs(image), SHARE_SPEC]


def picture_specs(image: AbstractImage) -> list[str]:
    """The specs of an image's ``<picture>``, by its orientation and size.

    Renditions are never larger than the original, so one width at least as large is enough.
    """
    widths = WIDTHS["scene" if image.width > image.height else "square"]
    smaller = [width for width in widths if width < image.width]
    used = widths[: len(smaller) + 1]
    return [f"format-{name}|width-{width}" for name in FORMATS for width in used]


def share_photo(image: AbstractImage) -> AbstractRendition | None:
    """The Open Graph rendition of an image, rendered if missing.

    None if storage has lost the original.
    """
    try:
        return image.get_rendition(SHARE_SPEC)
    except OSError:
        logger.warning("The original of image %s is not in storage", image.pk)
        return None


def render_ahead(
    images: Sequence[AbstractImage],
    *,
    on_done: Callable[[AbstractImage], object] | None = None,
    threads: int = 2,
    widest: float = math.inf,
) -> int:
    """Make the missing renditions that pages use, up to a width. Returns the number made.

    ``on_done`` is called after each image. Encoding runs in threads, because Pillow releases the
    GIL; only the calling thread uses the database.
    """
    Rendition = get_image_model().get_rendition_model()
    missing = {
        pk: [spec for spec in specs if width_of(spec) <= widest]
        for pk, specs in missing_specs(images).items()
    }
    made = 0
    with ThreadPoolExecutor(max_workers=threads) as pool:
        jobs = [(image, pool.submit(_encode, image, missing[image.pk])) for image in images]
        for image, job in jobs:
            rows = [_rendition(image, *encoded) for encoded in job.result()]
            Rendition.objects.bulk_create(rows, ignore_conflicts=True)
            made += len(rows)
            if on_done:
                on_done(image)
    return made


def is_rendered(image: AbstractImage) -> bool:
    """Whether every size that pages use exists."""
    return not missing_specs([image])[image.pk]


def render_for_lists(image_id: int) -> list[int]:
    """Make the missing renditions of one photo; returns the keys of the products that show it."""
    image = get_image_model().objects.filter(pk=image_id).first()
    if image is None:
        return []
    render_ahead([image])
    shown = ProductPhoto.objects.filter(image=image)
    return list(shown.values_list("product_image__product_id", flat=True))


def missing_specs(images: Sequence[AbstractImage]) -> dict[int, list[str]]:
    """``{image key: the specs that pages use and that are not rendered}``. One query."""
    Rendition = get_image_model().get_rendition_model()
    existing = set(
        Rendition.objects.filter(image__in=images).values_list("image_id", "filter_spec")
    )
    return {
        image.pk: [spec for spec in specs_for(image) if (image.pk, spec) not in existing]
        for image in images
    }


def _encode(image: AbstractImage, specs: Sequence[str]) -> list[tuple[str, bytes, tuple[int, int]]]:
    """(spec, bytes, (width, height)) for each spec. Like Wagtail, never larger than the original."""
    if not specs:
        return []
    with image.open_file() as file, PillowImage.open(file) as opened:
        original = opened.convert("RGB")
    by_width: dict[int, PillowImage.Image] = {original.width: original}
    encoded = []
    # The largest first: each is then scaled from the one before.
    specs = sorted(specs, key=width_of, reverse=True)
    for spec in specs:
        if spec == SHARE_SPEC:
            encoded.append((spec, *_cropped(image)))
            continue
        format_name = spec.split("|")[0].split("-")[1]
        width = min(width_of(spec), original.width)
        if width not in by_width:
            height = round(original.height * width / original.width)
            larger = by_width[min(by_width)]
            by_width[width] = larger.resize((width, height), PillowImage.Resampling.LANCZOS)
        pillow_name, options = ENCODERS[format_name]
        output = BytesIO()
        by_width[width].save(output, pillow_name, **options)
        encoded.append((spec, output.getvalue(), by_width[width].size))
    return encoded


def width_of(spec: str) -> int:
    """The width of a spec in pixels; 0 for that of the Open Graph image."""
    return 0 if spec == SHARE_SPEC else int(spec.rpartition("width-")[2])


def _cropped(image: AbstractImage) -> tuple[bytes, tuple[int, int]]:
    """The Open Graph image and its size, cropped around the focal point by Wagtail."""
    with image.open_file() as file:
        output = Filter(spec=SHARE_SPEC).run(image, BytesIO(), file)
    content = output.f.getvalue()
    with PillowImage.open(BytesIO(content)) as made:
        return content, made.size


def _rendition(
    image: AbstractImage, spec: str, content: bytes, size: tuple[int, int]
) -> AbstractRendition:
    """An unsaved rendition whose file is stored.

    A file that is stored with its row would be decoded twice, to find the size that is known here.
    """
    Rendition = image.get_rendition_model()
    stem = posixpath.splitext(posixpath.basename(image.file.name))[0]
    format_name = next(p for p in spec.split("|") if p.startswith("format-")).split("-")[1]
    extension = {"jpeg": "jpg"}.get(format_name, format_name)
    suffix = f".{spec.replace('|', '.')}.{extension}"
    field = Rendition._meta.get_field("file")
    name = field.generate_filename(Rendition(image=image), stem[: 60 - len(suffix)] + suffix)
    return Rendition(
        image=image,
        filter_spec=spec,
        focal_point_key=Filter(spec).get_cache_key(image),
        file=field.storage.save(name, ContentFile(content)),
        width=size[0],
        height=size[1],
    )


class Thumbnailer(AbstractThumbnailer):
    """Serves Oscar's own templates, mainly the dashboard, with Wagtail's renditions.

    A picture unknown to Wagtail is served unscaled.
    """

    def generate_thumbnail(self, source: Any, **opts: Any) -> AbstractRendition | _Unscaled:
        """``source`` is an image field's file or a file name in storage."""
        name = str(getattr(source, "name", source))
        photo = ProductPhoto.objects.filter(product_image__original=name).select_related("image")
        if (row := photo.first()) is None:
            return _Unscaled(name)
        try:
            return row.image.get_rendition(_thumbnail_spec(**opts))
        except OSError:
            logger.warning("The original of image %s is not in storage", row.image_id)
            return _Unscaled(name)

    def delete_thumbnails(self, source: Any) -> None:
        """Do nothing: renditions are deleted with their Wagtail image, which pages may still show."""


def _thumbnail_spec(*, size: str, crop: Any = None, **_unused: Any) -> str:
    width, _x, height = size.partition("x")
    if width and height:
        return f"{'fill' if crop else 'max'}-{width}x{height}|format-jpeg"
    return f"width-{width}|format-jpeg" if width else f"height-{height}|format-jpeg"


class _Unscaled:
    """A thumbnail for templates that is the original file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = default_storage.url(name)
