"""Photographs: Oscar keeps the list of a product's pictures, Wagtail keeps and renders them."""

import hashlib
import logging
import posixpath
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from oscar.core.thumbnails import AbstractThumbnailer
from PIL import Image as PillowImage
from wagtail.images import get_image_model
from wagtail.images.models import Filter

from commerce.models import ProductPhoto

logger = logging.getLogger(__name__)

#: Every size in which the storefront shows a photograph, for ``{% picture %}``: squares in cards,
#: galleries and baskets; scenes in heroes and wide tiles. Pages must not ask for other sizes, or
#: the first visitor waits for them to be rendered.
RENDITION_SPECS = {
    "square": "format-{avif,webp,jpeg}|width-{320,640,960}",
    "scene": "format-{avif,webp,jpeg}|width-{320,640,1280,1920}",
}
#: The picture that other sites show beside a link to a page (Open Graph's usual shape).
SHARE_SPEC = "fill-1200x630|format-jpeg"
#: Pillow's name of each format with the options that ``render_ahead`` encodes it with. At these
#: speeds a photograph takes a fifth of the time of the defaults, and is some 10 % larger.
ENCODERS = {
    "avif": (
        "AVIF",
        {"quality": settings.WAGTAILIMAGES_AVIF_QUALITY, "speed": 9, "max_threads": 1},
    ),
    "webp": ("WEBP", {"quality": settings.WAGTAILIMAGES_WEBP_QUALITY, "method": 2}),
    "jpeg": (
        "JPEG",
        {"quality": settings.WAGTAILIMAGES_JPEG_QUALITY, "progressive": True, "optimize": True},
    ),
}


def photo_for(product_image):
    """The Wagtail image of a photograph in the catalogue, or None where there is none (yet)."""
    photo = ProductPhoto.objects.filter(product_image=product_image).select_related("image").first()
    return photo.image if photo else None


def sync_photo(product_image):
    """Make the Wagtail image of a photograph, or follow the catalogue where its file changed.

    The same file is one Wagtail image, however often the catalogue shows it. Returns the image.
    Raises FileNotFoundError where storage has lost the original.
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


def make_image(content, *, filename, title, description="", collection=None):
    """A Wagtail image from the bytes of a file; ``description`` becomes its alt text."""
    image = get_image_model()(title=title, description=description)
    if collection is not None:
        image.collection = collection
    image.file = ContentFile(content, name=filename)
    image._set_image_file_metadata()  # Wagtail does this in its upload forms only.
    image.save()
    return image


def specs_for(image):
    """The specs of all renditions that pages ask of an image, by its shape."""
    shape = "scene" if image.width > image.height else "square"
    return [*Filter.expand_spec(RENDITION_SPECS[shape]), SHARE_SPEC]


def share_photo(image):
    """The rendition that links to a page show, or None where storage has lost the original.

    It is made ahead like the others; an image that nobody rendered is rendered here.
    """
    try:
        return image.get_rendition(SHARE_SPEC)
    except OSError:
        logger.warning("The original of image %s is not in storage", image.pk)
        return None


def render_ahead(images, *, on_done=None, threads=2):
    """Make the renditions that pages will ask for and that are missing. Returns how many it made.

    ``on_done`` is called after each image. Encoding runs in threads (Pillow lets go of the
    interpreter), the database is touched by the calling thread alone.
    """
    Rendition = get_image_model().get_rendition_model()
    missing = _missing_specs(images)
    made = 0
    with ThreadPoolExecutor(max_workers=threads) as pool:
        jobs = [(image, pool.submit(_encode, image, missing[image.pk])) for image in images]
        for image, job in jobs:
            rows = [_rendition(image, spec, content) for spec, content in job.result()]
            Rendition.objects.bulk_create(rows, ignore_conflicts=True)
            made += len(rows)
            if on_done:
                on_done(image)
    return made


def is_rendered(image):
    """Whether every size that pages ask for is made."""
    return not _missing_specs([image])[image.pk]


def render_for_lists(image_id):
    """Make what is missing of one photograph; returns the keys of the products that show it."""
    image = get_image_model().objects.filter(pk=image_id).first()
    if image is None:
        return []
    render_ahead([image])
    shown = ProductPhoto.objects.filter(image=image)
    return list(shown.values_list("product_image__product_id", flat=True))


def _missing_specs(images):
    Rendition = get_image_model().get_rendition_model()
    existing = set(
        Rendition.objects.filter(image__in=images).values_list("image_id", "filter_spec")
    )
    return {
        image.pk: [spec for spec in specs_for(image) if (image.pk, spec) not in existing]
        for image in images
    }


def _encode(image, specs):
    """(spec, bytes) for each spec. Like Wagtail, never larger than the original."""
    if not specs:
        return []
    with image.open_file() as file, PillowImage.open(file) as opened:
        original = opened.convert("RGB")
    by_width, encoded = {}, []
    for spec in specs:
        if spec == SHARE_SPEC:
            encoded.append((spec, _cropped(image)))
            continue
        format_name, width = (part.split("-")[1] for part in spec.split("|"))
        width = min(int(width), original.width)
        if width not in by_width:
            height = round(original.height * width / original.width)
            by_width[width] = original.resize((width, height), PillowImage.Resampling.LANCZOS)
        pillow_name, options = ENCODERS[format_name]
        output = BytesIO()
        by_width[width].save(output, pillow_name, **options)
        encoded.append((spec, output.getvalue()))
    return encoded


def _cropped(image):
    """The picture for links, cut around the focal point by Wagtail itself."""
    with image.open_file() as file:
        output = Filter(spec=SHARE_SPEC).run(image, BytesIO(), file)
    return output.f.getvalue()


def _rendition(image, spec, content):
    Rendition = image.get_rendition_model()
    stem = posixpath.splitext(posixpath.basename(image.file.name))[0]
    format_name = next(p for p in spec.split("|") if p.startswith("format-")).split("-")[1]
    extension = {"jpeg": "jpg"}.get(format_name, format_name)
    suffix = f".{spec.replace('|', '.')}.{extension}"
    return Rendition(
        image=image,
        filter_spec=spec,
        focal_point_key=Filter(spec).get_cache_key(image),
        file=ContentFile(content, name=stem[: 60 - len(suffix)] + suffix),
    )


class Thumbnailer(AbstractThumbnailer):
    """Serves Oscar's own templates, the dashboard above all, with Wagtail's renditions.

    A picture that Wagtail does not know is shown as it is.
    """

    def generate_thumbnail(self, source, **opts):
        """``source`` is an image field's file or the name of one in storage."""
        name = str(getattr(source, "name", source))
        photo = ProductPhoto.objects.filter(product_image__original=name).select_related("image")
        if (row := photo.first()) is None:
            return _Unscaled(name)
        try:
            return row.image.get_rendition(_thumbnail_spec(**opts))
        except OSError:
            logger.warning("The original of image %s is not in storage", row.image_id)
            return _Unscaled(name)

    def delete_thumbnails(self, source):
        """Nothing: renditions go when Wagtail's image goes, and a page may still show it."""


def _thumbnail_spec(*, size, crop=None, **_unused):
    width, _x, height = size.partition("x")
    if width and height:
        return f"{'fill' if crop else 'max'}-{width}x{height}|format-jpeg"
    return f"width-{width}|format-jpeg" if width else f"height-{height}|format-jpeg"


class _Unscaled:
    """Looks like a thumbnail to a template, and is the file itself."""

    def __init__(self, name):
        self.name = name
        self.url = default_storage.url(name)
