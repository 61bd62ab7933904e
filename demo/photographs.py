"""Loads the demo's photographs: Wagtail images, product images and their renditions."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from oscar.core.loading import get_model
from wagtail.images import get_image_model
from wagtail.models import Collection

from commerce.images.photos import make_image, render_ahead
from commerce.index.photographs import render_missing_soon
from commerce.models import CategoryPhoto, ProductPhoto
from demo import files

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")

#: The site starts when the photographs have sizes up to this width, in pixels.
WIDEST_AT_ONCE = 1280
PRODUCT_COLLECTION = "Product photographs"
SCENE_COLLECTION = "Scenes"


def load_images(*, on_done: Callable[[Any], object]) -> dict[str, Any]:
    """``{name: Wagtail image}`` of all photographs. Creates missing ones; recognises files by hash.

    Calls ``on_done`` after each.
    """
    Image = get_image_model()
    captions = _captions()
    content = {name: files.photo_bytes(name) for name in captions}
    digests = {
        name: hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for name, data in content.items()
    }
    known = {
        image.file_hash: image for image in Image.objects.filter(file_hash__in=digests.values())
    }
    collections = {name: _collection(name) for name in (PRODUCT_COLLECTION, SCENE_COLLECTION)}
    images = {}
    for name, (title, description) in captions.items():
        image = known.get(digests[name])
        if image is None:
            is_scene = name.startswith("scene-")
            with transaction.atomic():
                image = make_image(
                    content[name],
                    filename=f"{name}.jpg",
                    title=title,
                    description=description,
                    collection=collections[SCENE_COLLECTION if is_scene else PRODUCT_COLLECTION],
                )
        images[name] = image
        on_done(image)
    return images


def _captions():
    """``{name: (title, alt text)}`` of all photographs."""
    glazes = files.read("shop")["glazes"]
    captions = {}
    for form in files.forms():
        for variant in form["variants"]:
            glaze = glazes[variant["glaze"]][0].lower()
            captions[f"{form['code']}-{variant['glaze']}"] = (
                f"{form['title']}, {glaze}",
                f"{form['title']} in {glaze}",
            )
        captions[f"{form['code']}-detail"] = (
            f"{form['title']}, on the bench",
            f"{form['title']} close up on the bench by the window",
        )
    for name, description in files.read("shop")["scenes"].items():
        captions[name] = (name.removeprefix("scene-").capitalize(), description)
    return captions


def _collection(name):
    existing = Collection.objects.filter(name=name).first()
    return existing or Collection.get_first_root_node().add_child(name=name)


@transaction.atomic
def load_pictures(images: dict[str, Any]) -> None:
    """Load the images of products that have none.

    A variant shows its glaze. A product shows its first glaze, the detail and its scenes.
    """
    without = {p.upc: p for p in Product.objects.filter(images__isnull=True, upc__isnull=False)}
    wanted: list[tuple[str, str, int]] = []
    for form in files.forms():
        glazes = [variant["glaze"] for variant in form["variants"]]
        names = [f"{form['code']}-{glazes[0]}", f"{form['code']}-detail", *form["scenes"]]
        wanted.extend((files.sku(form["code"]), name, place) for place, name in enumerate(names))
        wanted.extend((files.sku(form["code"], g), f"{form['code']}-{g}", 0) for g in glazes)
    rows = [
        ProductImage(
            product=without[upc],
            original=_stored(name),
            caption=images[name].description,
            display_order=place,
            code=f"{upc}:{name}".lower(),
        )
        for upc, name, place in wanted
        if upc in without
    ]
    ProductImage.objects.bulk_create(rows)
    # A bulk insert sends no signal, so sync_photo does not run. The images are known here anyway.
    name_of = {row.code: row.code.split(":")[1] for row in rows}
    ProductPhoto.objects.bulk_create(
        ProductPhoto(product_image=row, image=images[name_of[row.code]])
        for row in ProductImage.objects.filter(code__in=name_of)
    )


def _stored(name):
    """The path of the catalogue's own copy: an editor may delete Wagtail's image."""
    path = f"images/products/demo/{name}.jpg"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(files.photo_bytes(name)))
    return path


@transaction.atomic
def load_category_photos(
    images: dict[str, Any], rows: Iterable[Mapping[str, Any]], *, stored: Callable[[str], str]
) -> None:
    """Give categories without a photograph theirs: the ``photo`` of each row, by its ``code``.

    ``stored`` returns the path of the catalogue's own copy.
    """
    names = {row["code"]: row["photo"] for row in rows if "photo" in row}
    for category in Category.objects.filter(code__in=names, image__in=("", None)):
        name = names[category.code]
        # Neither signal nor copy: the images are known here anyway.
        Category.objects.filter(pk=category.pk).update(image=stored(name))
        CategoryPhoto.objects.get_or_create(category=category, defaults={"image": images[name]})


def load_pictures_of_rooms(images: dict[str, Any]) -> None:
    """Load the photographs of the shop and its rooms."""
    shop = files.read("categories")
    load_category_photos(images, [shop, *shop["rooms"]], stored=_stored)


def render_images(images: dict[str, Any], *, on_done: Callable[[Any], object]) -> int:
    """Render the sizes that most screens show, and let the worker render the large ones.

    Returns the number of renditions made now.
    """
    made = render_ahead(list(images.values()), on_done=on_done, widest=WIDEST_AT_ONCE)
    render_missing_soon()
    return made
