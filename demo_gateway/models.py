"""The demo gateway's tables. Card numbers are never stored, only brand and last four digits."""

from django.db import models
from django.utils import timezone

from commerce.fields import CodeField


class DemoIntent(models.Model):
    """A payment intent. ``body`` is the object as the API returns it."""

    intent_id = CodeField(max_length=64, unique=True)
    client_secret = CodeField(max_length=128)
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.intent_id


class DemoCharge(models.Model):
    """A charge, refund or dispute, by its id."""

    object_id = CodeField(max_length=64, unique=True)
    intent = models.ForeignKey(DemoIntent, on_delete=models.CASCADE, related_name="objects_made")
    body = models.JSONField()

    def __str__(self) -> str:
        return self.object_id


class DemoCustomer(models.Model):
    """A customer, with the secrets that were issued last. A used setup secret is empty."""

    customer_id = CodeField(max_length=64, unique=True)
    body = models.JSONField(default=dict)
    session_secret = CodeField(max_length=128, blank=True)
    session_until = models.BigIntegerField(default=0)
    setup_id = CodeField(max_length=64, blank=True)
    setup_secret = CodeField(max_length=128, blank=True)

    def __str__(self) -> str:
        return self.customer_id


class DemoCard(models.Model):
    """A saved card, without its number."""

    customer = models.ForeignKey(DemoCustomer, on_delete=models.CASCADE, related_name="cards")
    card_id = CodeField(max_length=64, unique=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"


class DemoFault(models.Model):
    """A planned fault for every process of the site (see faults.py)."""

    name = models.CharField(max_length=20)
    seconds = models.FloatField(default=0)
    #: Whether it stays until it is cleared, instead of ending with one request.
    is_lasting = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class DemoRequest(models.Model):
    """The response to an idempotency key, repeated when the key is used again."""

    key = CodeField(max_length=190, unique=True)
    fingerprint = CodeField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key


class DemoEvent(models.Model):
    """An event, delivered to the shop's webhook until it is accepted."""

    event_id = CodeField(max_length=64, unique=True)
    body = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.event_id
