"""Signal receivers that refresh the listing index, in the transaction of each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver
from oscar.core.loading import get_model

from commerce.images.photos import is_rendered
from commerce.index.photographs import render_photo_task
from commerce.index.refresh import delete_listings, refresh_listings
from commerce.models import FacetAttribute, ProductPhoto, SalePrice

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

_collected: ContextVar[set[int] | None] = ContextVar("collected", default=None)


@contextmanager
def one_refresh() -> Iterator[None]:
    """Collect all refreshes of the block into one at its end: for loaders and imports.

    Inside a transaction the lists are correct on commit, otherwise at the end of the block.
    """
    product_ids: set[int] = set()
    token = _collected.set(product_ids)
    try:
        yield
    finally:
        _collected.reset(token)
        if not transaction.get_connection().needs_rollback:
            refresh_changed(product_ids)


def is_collecting() -> bool:
    """Whether a ``one_refresh`` block is active."""
    return _collected.get() is not None


def refresh_changed(product_ids: Set[int | None], *, is_sale: bool = False) -> None:
    """Refresh these products now, or at the end of ``one_refresh``. See ``refresh_listings``."""
    collected = _collected.get()
    if collected is not None:
        collected.update(pk for pk in product_ids if pk is not None)
    elif product_ids:
        refresh_listings(product_ids, is_sale=is_sale)


# --- Products and what belongs to one -------------------------------------------------------------


def follow_product(product: AbstractProduct) -> None:
    """Refresh a product that was saved with its attributes."""
    refresh_changed({product.pk, product.parent_id} - {None})


@receiver(pre_delete, sender=Product)
def delete_listing(sender: Any, instance: Any, **kwargs: Any) -> None:
    if instance.parent_id is None:
        delete_listings([instance.pk])


@receiver(post_delete, sender=Product)
def follow_deleted_variant(sender: Any, instance: Any, **kwargs: Any) -> None:
    if instance.parent_id is not None:
        refresh_changed({instance.parent_id})


def _follow(
    model: type[Model], product_id_of: Callable[[Any], int | None], *, is_sale: bool = False
) -> None:
    """Refresh the product that a row of ``model`` belongs to whenever a row is saved or deleted."""

    def on_save(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
        if not raw:
            refresh_changed({product_id_of(instance)} - {None}, is_sale=is_sale)

    def on_delete(sender: Any, instance: Any, origin: Any = None, **kwargs: Any) -> None:
        # Deleted with its product, whose listing is deleted anyway.
        if getattr(origin, "model", type(origin)) is not Product:
            refresh_changed({product_id_of(instance)} - {None}, is_sale=is_sale)

    uid = f"listing:{model._meta.label}"
    post_save.connect(on_save, sender=model, weak=False, dispatch_uid=uid)
    post_delete.connect(on_delete, sender=model, weak=False, dispatch_uid=uid)


for _label in ("catalogue.ProductCategory", "catalogue.ProductImage"):
    _follow(get_model(*_label.split(".")), lambda row: row.product_id)
_follow(get_model("partner", "StockRecord"), lambda row: row.product_id, is_sale=True)
_follow(ProductAttributeValue, lambda row: row.product_id)
_follow(get_model("reviews", "ProductReview"), lambda row: row.product_id)
_follow(SalePrice, lambda row: row.stockrecord.product_id, is_sale=True)
_follow(ProductPhoto, lambda row: row.product_image.product_id)


@receiver(post_save, sender=ProductPhoto)
def render_photograph(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Show a new photo unscaled until the worker has made its sizes."""
    if raw or is_collecting() or is_rendered(instance.image):
        return
    image_id = instance.image_id
    transaction.on_commit(lambda: render_photo_task.enqueue(image_id))


@receiver(m2m_changed, sender=ProductAttributeValue.value_multi_option.through)
def follow_options(sender: Any, instance: Any, action: str, reverse: bool, **kwargs: Any) -> None:
    if action.startswith("post_") and not reverse:
        refresh_changed({instance.product_id})


# --- What many products share ---------------------------------------------------------------------


@receiver(post_save, sender=Category)
def follow_category(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Refresh all products below a category: its name, visibility or position may have changed."""
    if raw:
        return
    # Oscar's own receiver runs later; until then descendants have their old visibility.
    instance.set_ancestors_are_public()
    through = get_model("catalogue", "ProductCategory").objects
    below = through.filter(category__path__startswith=instance.path)
    refresh_changed(set(below.values_list("product_id", flat=True)))


@receiver(post_save, sender=get_model("catalogue", "AttributeOption"))
def follow_option(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        values = ProductAttributeValue.objects
        ids = {*values.filter(value_option=instance).values_list("product_id", flat=True)}
        ids |= {*values.filter(value_multi_option=instance).values_list("product_id", flat=True)}
        refresh_changed(ids)


@receiver([post_save, post_delete], sender=FacetAttribute)
def follow_facet(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        values = ProductAttributeValue.objects.filter(attribute=instance.attribute_id)
        refresh_changed(set(values.values_list("product_id", flat=True)))
