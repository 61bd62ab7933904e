"""Loads Lindenblatt's pictures: Wagtail images, and those of products with the values they show."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from oscar.core.loading import get_model
from wagtail.images import get_image_model
from wagtail.models import Collection

from commerce.images.photos import make_image
from commerce.models import ProductPhoto
from demo.lindenblatt import goods
from demo.photographs import load_category_photos

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")
AttributeOption = get_model("catalogue", "AttributeOption")
COLLECTION = "Lindenblatt"


def load_images(*, on_done: Callable[[Any], object]) -> dict[str, Any]:
    """``{name: Wagtail image}`` of all pictures. Creates missing ones; recognises files by hash."""
    Image = get_image_model()
    content = {name: _bytes(name) for name in sorted(goods.pictures())}
    digests = {
        name: hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for name, data in content.items()
    }
    known = {row.file_hash: row for row in Image.objects.filter(file_hash__in=digests.values())}
    folder = Collection.objects.filter(name=COLLECTION).first()
    folder = folder or Collection.get_first_root_node().add_child(name=COLLECTION)
    images = {}
    for name, data in content.items():
        image = known.get(digests[name])
        if image is None:
            with transaction.atomic():
                text = goods.picture_text(name)
                image = make_image(
                    data, filename=f"{name}.jpg", title=text[:255], description=text,
                    collection=folder,
                )  # fmt: skip
        images[name] = image
        on_done(image)
    return images


def _bytes(name: str) -> bytes:
    return (goods.PHOTOS / f"{name}.jpg").read_bytes()


@transaction.atomic
def load_product_pictures(images: dict[str, Any]) -> None:
    """Give products without pictures theirs; a picture of one value is shown for its variants."""
    options = {row.code: row for row in AttributeOption.objects.all()}
    bare = {p.upc: p for p in Product.objects.filter(images=None).exclude(structure="child")}
    for row in goods.products():
        product = bare.get(row["code"].upper())
        if product is None:
            continue
        shown = {} if not row["variant_pictures"] else _values_shown(row, options)
        names = list(dict.fromkeys([*row["pictures"], *shown]))
        for place, name in enumerate(names):
            picture = ProductImage(
                product=product, original=_stored(name), display_order=place,
                caption=goods.picture_text(name)[:200], code=f"{product.upc}:{name}".lower(),
            )  # fmt: skip
            ProductImage.objects.bulk_create([picture])
            stored = ProductImage.objects.get(code=picture.code)
            photo = ProductPhoto.objects.create(product_image=stored, image=images[name])
            if name in shown:
                photo.options.set(shown[name])


def load_category_pictures(images: dict[str, Any]) -> None:
    """Load the pictures of the shop, its departments and their shelves."""
    shop = goods.read("categories")
    shelves = [shelf for row in shop["departments"] for shelf in row["shelves"]]
    load_category_photos(images, [shop, *shop["departments"], *shelves], stored=_stored)


def _values_shown(row: dict[str, Any], options: dict[str, Any]) -> dict[str, list[Any]]:
    """``{picture: [values]}`` of the option that decides the picture."""
    option = row["variant_pictures"]
    place = goods.read("products")["types"][row["type"]]["options"].index(option)
    found: dict[str, list[Any]] = {}
    for variant in goods.variants(row):
        value = options[f"{option}-{variant.options[place]}"]
        if value not in found.setdefault(variant.picture, []):
            found[variant.picture].append(value)
    return found


def _stored(name: str) -> str:
    """The path of the catalogue's own copy: an editor may delete Wagtail's image."""
    path = f"images/products/demo/{name}.jpg"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(_bytes(name)))
    return path
