"""Disconnects some of Oscar's signal receivers and adds ours."""

from typing import Any

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from oscar.apps.catalogue.signals import product_viewed
from oscar.apps.customer.receivers import receive_product_view
from oscar.core.loading import get_model

from commerce.audit.order_history import record_missing_status_change
from commerce.catalogue.reviews import invalidate_reviews_of_buyer
from commerce.exceptions import BasketFrozen
from commerce.images.photos import sync_category_photo, sync_photo
from commerce.index.refresh_queue import is_collecting
from commerce.models import User
from commerce.order_statuses import CANCELLED, DELIVERED, REFUNDED, RETURNED
from commerce.stock.alerts import enqueue_stock_alerts

# A product page must not write a row or a cookie on GET.
if not product_viewed.disconnect(receive_product_view):
    raise ImproperlyConfigured(
        "Oscar's receiver of product_viewed has changed: adapt the disconnect call."
    )


@receiver(post_save, sender=get_model("catalogue", "ProductImage"))
def on_product_image_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Create the Wagtail image when staff add or replace a product image."""
    if not raw and instance.original:
        sync_photo(instance)


@receiver(post_save, sender=get_model("catalogue", "Category"))
def on_category_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Show the photograph that staff gave a category."""
    if not raw:
        sync_category_photo(instance)


@receiver(post_save, sender=get_model("catalogue", "Category"))
@receiver(post_delete, sender=get_model("catalogue", "Category"))
def clear_category_urls(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Clear Oscar's cached category URLs, which contain the slugs of the ancestors."""
    below = sender.objects.filter(path__startswith=instance.path)
    cache.delete_many([category.get_url_cache_key() for category in below.only("pk")])


@receiver(post_save, sender=get_model("partner", "StockRecord"))
def on_stock_record_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Enqueue stock alerts when staff restock; imports leave them to the scheduled task."""
    if not raw and not is_collecting():
        enqueue_stock_alerts([instance.pk])


@receiver(pre_delete, sender=User)
def copy_address_to_open_orders(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Open orders of a deleted account continue as a guest's: mails and refunds need an address."""
    orders = instance.orders.exclude(status__in=(DELIVERED, CANCELLED, RETURNED, REFUNDED))
    orders.update(guest_email=instance.email)


@receiver(post_save, sender=get_model("order", "OrderStatusChange"))
def on_order_status_changed(
    sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any
) -> None:
    """Complete the order's history, and invalidate the buyer's reviews ("verified buyer")."""
    if created and not raw:
        record_missing_status_change(instance.order, instance.old_status, instance.new_status)
        invalidate_reviews_of_buyer(instance.order)


@receiver(pre_delete, sender=get_model("basket", "Line"))
def guard_frozen_basket(sender: Any, instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Refuse to delete a line while the basket's order awaits payment; Oscar guards only changes."""
    if instance.basket.status == instance.basket.FROZEN and origin is instance:
        raise BasketFrozen
