"""The demo gateway's own memory. No card number is ever stored: only its brand and last four."""

from django.db import models
from django.utils import timezone

from commerce.fields import CodeField


class DemoIntent(models.Model):
    """A payment intent. ``body`` is the object exactly as the API gives it."""

    intent_id = CodeField(max_length=64, unique=True)
    client_secret = CodeField(max_length=128)
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return self.intent_id


class DemoCharge(models.Model):
    """A charge or a refund, by its id."""

    object_id = CodeField(max_length=64, unique=True)
    intent = models.ForeignKey(DemoIntent, on_delete=models.CASCADE, related_name="objects_made")
    body = models.JSONField()

    def __str__(self):
        return self.object_id


class DemoCustomer(models.Model):
    """An account that may keep cards, with the secrets its browser was given last."""

    customer_id = CodeField(max_length=64, unique=True)
    body = models.JSONField(default=dict)
    session_secret = CodeField(max_length=128, blank=True)
    session_until = models.BigIntegerField(default=0)
    setup_id = CodeField(max_length=64, blank=True)
    setup_secret = CodeField(max_length=128, blank=True)

    def __str__(self):
        return self.customer_id


class DemoCard(models.Model):
    """A card that an account keeps: never its number."""

    customer = models.ForeignKey(DemoCustomer, on_delete=models.CASCADE, related_name="cards")
    card_id = CodeField(max_length=64, unique=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.brand} {self.last4}"


class DemoFault(models.Model):
    """A fault that waits for its moment, for every process of the site (see faults.py)."""

    name = models.CharField(max_length=20)
    seconds = models.FloatField(default=0)
    #: Whether it stays until it is taken away, and does not end with one request.
    is_lasting = models.BooleanField(default=False)

    def __str__(self):
        return self.name


class DemoRequest(models.Model):
    """The answer given under an idempotency key, given again when the key comes back."""

    key = CodeField(max_length=190, unique=True)
    fingerprint = CodeField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.key


class DemoEvent(models.Model):
    """An event to be delivered to the shop's webhook, until the shop takes it."""

    event_id = CodeField(max_length=64, unique=True)
    body = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.event_id
