"""Writes the photographs of imported products, and for which options each is shown."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.files.base import ContentFile
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.images.photos import photo_for
from commerce.imports.changes import Change
from commerce.imports.product_states import State, media_url
from commerce.imports.product_types import Types
from commerce.index.photographs import render_soon
from commerce.models import ImportedPicture, ProductPhoto


def write_pictures(changes: Sequence[Change], types: Types) -> None:
    """Write the photographs that differ; those without a file are taken out of the state."""
    changed = [
        change for change in changes
        if change.state["pictures"] != (change.before["pictures"] if change.before else [])
    ]  # fmt: skip
    if not changed:
        return
    images = _images_of([change.product_id for change in changed if change.before])
    for change in changed:
        _write(change, images.get(change.product_id, {}), types)


def _images_of(product_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """``{product: {source: ProductImage}}``."""
    rows = get_model("catalogue", "ProductImage").objects.filter(
        product__in=literal_in(product_ids)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows.select_related("import_source"):
        source = getattr(row, "import_source", None)
        key = source.source if source else media_url(row.original.name)
        found.setdefault(row.product_id, {})[key] = row
    return found


def _write(change: Change, images: dict[str, Any], types: Types) -> None:
    before = {one["source"]: one for one in (change.before or {}).get("pictures", ())}
    written: list[State] = []
    for wanted in change.state["pictures"]:
        source = wanted["source"]
        image = images.pop(source, None)
        if image is None:
            content = change.files.get(source)
            if content is None:
                continue
            image = _create(change, wanted, content, place=len(written))
        else:
            rows = type(image).objects.filter(pk=image.pk)
            rows.update(display_order=len(written), caption=wanted["alt"])
        if wanted["options"] != before.get(source, {"options": {}})["options"]:
            _show_for(image, wanted["options"], change, types)
        written.append(wanted)
    for source, image in images.items():
        if source in before:
            image.delete()
    change.state["pictures"] = written


def _create(change: Change, wanted: State, content: bytes, *, place: int) -> Any:
    name = posixpath.basename(unquote(urlsplit(wanted["source"]).path)) or "photo.jpg"
    image = get_model("catalogue", "ProductImage")(
        product_id=change.product_id, caption=wanted["alt"], display_order=place
    )
    image.original.save(name[-80:], ContentFile(content), save=False)
    image.save()  # its receiver makes the Wagtail image
    ImportedPicture.objects.create(product_image=image, source=wanted["source"])
    if photo := photo_for(image):
        render_soon(photo)
    return image


def _show_for(image: Any, options: dict[str, list[str]], change: Change, types: Types) -> None:
    photo = ProductPhoto.objects.filter(product_image=image).first()
    if photo is None:
        return
    keys = []
    for name, labels in options.items():
        attribute = types.attribute(change.class_id, name, "option", is_option=True)
        keys += [types.value(attribute.option_group_id, label) for label in labels]
    photo.options.set(keys)
