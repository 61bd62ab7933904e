"""Work of this floor that runs outside a request. Every task may run twice."""

from django.db import transaction
from django_tasks import task
from oscar.core.loading import get_class
from wagtail.contrib.frontend_cache.utils import purge_urls_from_cache

from commerce.catalogue import related
from commerce.images.photos import is_rendered, render_for_lists
from commerce.index.refresh import refresh_listings
from commerce.mail import outbox
from commerce.orders import link_requests
from commerce.page_cache.purging import addresses_of
from commerce.returns import withdrawals


@task()
def send_mail_task(mail_id):
    """Send one mail (see commerce.mail.outbox.send_mail)."""
    outbox.send_mail(mail_id)


@task()
def send_waiting_mail():
    """Send what is due: mails whose first attempt failed, or whose task was lost."""
    outbox.send_waiting_mail()


@task()
def answer_product_alerts():
    """Write to everybody who waits for a piece that is back; once for each alert.

    By the clock: the net for stock that came back unnoticed, or whose task was lost.
    """
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts()


@task()
def answer_alerts_of(product_ids):
    """The same for a few products, as soon as their stock is back."""
    get_class("customer.alerts.utils", "AlertsDispatcher")().send_alerts_of(product_ids)


@task()
def render_photo_task(image_id):
    """Make the sizes of a new photograph, and have lists show them (see commerce.images.photos)."""
    refresh_listings(render_for_lists(image_id))


def render_soon(image):
    """Leave the sizes of an image to the worker, unless they are there."""
    if not is_rendered(image):
        transaction.on_commit(lambda: render_photo_task.enqueue(image.pk))


@task()
def refresh_listings_task(product_ids, is_sale=False):
    """Refresh lists for what changes too often to be followed at once: how much was sold."""
    refresh_listings(product_ids, is_sale=is_sale)


@task()
def pair_bought_together():
    """Compute what is bought together (see commerce.catalogue.related)."""
    related.pair_bought_together()


@task()
def purge_addresses_task(tags):
    """Have the cache in front of the site forget the pages of these tags."""
    purge_urls_from_cache(addresses_of(set(tags)))


@task()
def send_order_link(number, digest):
    """Mail a link to an order, where there is one of that number and address.

    The queue keeps a digest: rows of tasks outlive an erasure. A row that the previous release
    enqueued holds the address itself.
    """
    if "@" in digest:
        digest = link_requests.digest_of(digest)
    link_requests.send_link(number, digest)


@task()
def match_withdrawal_task(withdrawal_id):
    """Tie a withdrawal to its order, where there is one (see commerce.returns.withdrawals)."""
    withdrawals.match_withdrawal(withdrawal_id)
