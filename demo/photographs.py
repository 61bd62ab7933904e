"""The demo shop's photographs: Wagtail images, the catalogue's pictures, and their renditions."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from oscar.core.loading import get_model
from wagtail.images import get_image_model
from wagtail.models import Collection

from commerce.images.photos import make_image, render_ahead
from commerce.models import ProductPhoto
from demo import files

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")

PRODUCT_COLLECTION = "Product photographs"
SCENE_COLLECTION = "Scenes"


def load_images(*, on_done):
    """A Wagtail image for each photograph that Wagtail does not know, ``{name: image}``.

    ``on_done`` is called after each.
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
    """Title and alt text of each photograph, by its name."""
    glazes = files.read("shop")["glazes"]
    captions = {}
    for form in files.forms():
        for variant in form["variants"]:
            glaze = glazes[variant["glaze"]].lower()
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
def load_pictures(images):
    """The catalogue's pictures where a product has none.

    A variant shows its glaze; its product shows the first glaze, the piece on the bench, and the
    scenes in which it stands.
    """
    without = {p.upc: p for p in Product.objects.filter(images__isnull=True, upc__isnull=False)}
    wanted = []
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
    # A bulk insert sends no signal, so that sync_photo is not asked; and it need not look again.
    names = {row.code: row.code.split(":")[1] for row in rows}
    ProductPhoto.objects.bulk_create(
        ProductPhoto(product_image=row, image=images[names[row.code]])
        for row in ProductImage.objects.filter(code__in=names)
    )


def _stored(name):
    """The catalogue's own copy of a file: an editor may delete Wagtail's."""
    path = f"images/products/demo/{name}.jpg"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(files.photo_bytes(name)))
    return path


def render_images(images, *, on_done):
    """Every size that pages will ask for. Returns how many were missing."""
    return render_ahead(list(images.values()), on_done=on_done)
