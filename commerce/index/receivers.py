"""Which changes of the catalogue the read model follows. Each is followed in its own transaction."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver
from oscar.core.loading import get_model

from commerce.images.photos import is_rendered
from commerce.index.photographs import render_photo_task
from commerce.index.refresh import forget_listings, refresh_availability, refresh_listings
from commerce.models import FacetAttribute, ProductPhoto, SalePrice
from commerce.signals import product_saved, stock_moved

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

_noted = ContextVar("noted", default=None)


@contextmanager
def one_refresh():
    """Refresh once, at the end, whatever the block changes: for loaders and imports.

    Inside a transaction the lists are right when it commits; outside, from the end of the block.
    """
    token = _noted.set(noted := set())
    try:
        yield
    finally:
        _noted.reset(token)
        if not transaction.get_connection().needs_rollback:
            refresh_changed(noted)


def is_collecting():
    """Whether a loader is at work that refreshes and renders at its end."""
    return _noted.get() is not None


def refresh_changed(product_ids, *, is_sale=False):
    """Refresh these products now, or at the end of ``one_refresh``; ``is_sale`` as there."""
    noted = _noted.get()
    if noted is not None:
        noted.update(product_ids)
    elif product_ids:
        refresh_listings(product_ids, is_sale=is_sale)


# --- Products and what belongs to one -------------------------------------------------------------


@receiver(product_saved, sender=Product)
def follow_product(sender, product, **kwargs):
    refresh_changed({product.pk, product.parent_id} - {None})


@receiver(pre_delete, sender=Product)
def forget_product(sender, instance, **kwargs):
    if instance.parent_id is None:
        forget_listings([instance.pk])


@receiver(post_delete, sender=Product)
def follow_deleted_variant(sender, instance, **kwargs):
    if instance.parent_id is not None:
        refresh_changed({instance.parent_id})


def _follow(model, product_id_of, *, is_sale=False):
    """Refresh the product that a row of ``model`` belongs to, whenever one is written or deleted."""

    def on_save(sender, instance, raw=False, **kwargs):
        if not raw:
            refresh_changed({product_id_of(instance)} - {None}, is_sale=is_sale)

    def on_delete(sender, instance, origin=None, **kwargs):
        # Deleted with its product, which is forgotten as a whole.
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
def render_photograph(sender, instance, raw=False, **kwargs):
    """A new photograph is shown as it is until the worker has made its sizes."""
    if raw or is_collecting() or is_rendered(instance.image):
        return
    image_id = instance.image_id
    transaction.on_commit(lambda: render_photo_task.enqueue(image_id))


@receiver(m2m_changed, sender=ProductAttributeValue.value_multi_option.through)
def follow_options(sender, instance, action, reverse, **kwargs):
    if action.startswith("post_") and not reverse:
        refresh_changed({instance.product_id})


@receiver(stock_moved)
def follow_stock(sender, stockrecord_ids, **kwargs):
    """Placing an order never waits for the read model, and changes it only where a piece ran out."""
    ids = list(stockrecord_ids)
    transaction.on_commit(lambda: refresh_availability(ids), robust=True)


# --- What many products share ---------------------------------------------------------------------


@receiver(post_save, sender=Category)
def follow_category(sender, instance, raw=False, **kwargs):
    """Its name, whether it is public, and its place: all it holds is found by them."""
    if raw:
        return
    # Oscar's own receiver comes later: what is below would be read as hidden or shown as before.
    instance.set_ancestors_are_public()
    through = get_model("catalogue", "ProductCategory").objects
    below = through.filter(category__path__startswith=instance.path)
    refresh_changed(set(below.values_list("product_id", flat=True)))


@receiver(post_save, sender=get_model("catalogue", "AttributeOption"))
def follow_option(sender, instance, raw=False, **kwargs):
    if not raw:
        values = ProductAttributeValue.objects
        ids = {*values.filter(value_option=instance).values_list("product_id", flat=True)}
        ids |= {*values.filter(value_multi_option=instance).values_list("product_id", flat=True)}
        refresh_changed(ids)


@receiver([post_save, post_delete], sender=FacetAttribute)
def follow_facet(sender, instance, raw=False, **kwargs):
    if not raw:
        values = ProductAttributeValue.objects.filter(attribute=instance.attribute_id)
        refresh_changed(set(values.values_list("product_id", flat=True)))
