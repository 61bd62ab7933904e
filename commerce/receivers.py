"""Signal receivers of Oscar's that are taken off, and the few of ours."""

from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from oscar.apps.catalogue.signals import product_viewed
from oscar.apps.customer.receivers import receive_product_view
from oscar.core.loading import get_model

from commerce.audit.order_history import record_missing_status_change
from commerce.catalogue.reviews import invalidate_reviews_of_buyer
from commerce.exceptions import BasketFrozen
from commerce.images.photos import sync_photo
from commerce.index.receivers import is_collecting
from commerce.models import User
from commerce.order_statuses import CANCELLED, DELIVERED, REFUNDED, RETURNED
from commerce.signals import stock_moved
from commerce.stock.alerts import answer_alerts_of, waited_for

# A product page writes neither a row nor a cookie on GET.
product_viewed.disconnect(receive_product_view)


@receiver(post_save, sender=get_model("catalogue", "ProductImage"))
def follow_photograph(sender, instance, raw=False, **kwargs):
    """A photograph that staff add or replace in the dashboard becomes a Wagtail image at once."""
    if not raw and instance.original:
        sync_photo(instance)


@receiver(post_save, sender=get_model("catalogue", "Category"))
@receiver(post_delete, sender=get_model("catalogue", "Category"))
def forget_addresses(sender, instance, **kwargs):
    """Oscar remembers the address of a category, which holds the slugs of those above it."""
    below = sender.objects.filter(path__startswith=instance.path)
    cache.delete_many([category.get_url_cache_key() for category in below.only("pk")])


@receiver(post_save, sender=get_model("partner", "StockRecord"))
def follow_restocking(sender, instance, raw=False, **kwargs):
    """A piece that staff restock is told to those who wait for it; an import leaves that to the clock."""
    if not raw and not is_collecting():
        enqueue_stock_alerts([instance.pk])


@receiver(stock_moved)
def follow_returning_stock(sender, stockrecord_ids, **kwargs):
    """So is one that a cancelled order gives back."""
    enqueue_stock_alerts(list(stockrecord_ids))


def enqueue_stock_alerts(stockrecord_ids):
    """Once this is committed, have the worker write to whoever waits for these."""

    def enqueue():
        if product_ids := waited_for(stockrecord_ids):
            answer_alerts_of.enqueue(product_ids)

    # Robust: who changes stock need not care whether the queue answers, there is the clock.
    transaction.on_commit(enqueue, robust=True)


@receiver(user_logged_out)
def clear_count_on_sign_out(sender, request, **kwargs):
    """The basket's middleware takes the count of the account's basket from the browser."""
    request.has_signed_out = True


@receiver(pre_delete, sender=User)
def copy_address_to_open_orders(sender, instance, **kwargs):
    """Orders on their way go on as a guest's: their mails need an address, their money an answer."""
    orders = instance.orders.exclude(status__in=(DELIVERED, CANCELLED, RETURNED, REFUNDED))
    orders.update(guest_email=instance.email)


@receiver(post_save, sender=get_model("order", "OrderStatusChange"))
def follow_status(sender, instance, created, raw=False, **kwargs):
    """Complete the order's history, and invalidate the buyer's reviews ("verified buyer")."""
    if created and not raw:
        record_missing_status_change(instance.order, instance.old_status, instance.new_status)
        invalidate_reviews_of_buyer(instance.order)


@receiver(pre_delete, sender=get_model("basket", "Line"))
def guard_frozen_basket(sender, instance, origin=None, **kwargs):
    """A line of a basket whose order waits for its payment stays; Oscar guards all but deletion."""
    if instance.basket.status == instance.basket.FROZEN and origin is instance:
        raise BasketFrozen
