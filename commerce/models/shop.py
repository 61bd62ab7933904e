"""People, photographs, sales, delivery, mail and what else stands beside Oscar's tables."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from oscar.apps.customer.abstract_models import AbstractUser

from commerce.fields import CodeField
from commerce.models.cache_tags import SITE


class User(AbstractUser):
    """A person with an account. Signs in by email address, which is unique in lower case."""

    #: Part of what sessions are signed with: one more ends all of them.
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    class Meta(AbstractUser.Meta):
        permissions = [("send_password_reset", "Can send somebody a link to a new password")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()  # type: ignore[has-type] # Oscar is untyped
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        digest = super()._get_session_auth_hash(secret=secret)
        if not self.session_generation:
            return digest
        return salted_hmac(digest, str(self.session_generation), algorithm="sha256").hexdigest()


class ProductPhoto(models.Model):
    """Ties a photograph in Oscar's catalogue to the Wagtail image that pages render it from."""

    product_image = models.OneToOneField(
        "catalogue.ProductImage", on_delete=models.CASCADE, related_name="photo"
    )
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.CASCADE, related_name="product_photos"
    )

    class Meta:
        verbose_name = _("product photograph")
        verbose_name_plural = _("product photographs")

    def __str__(self) -> str:
        return self.image.title


class SalePriceQuerySet(models.QuerySet):
    def running(self, at: datetime | None = None) -> "SalePriceQuerySet":
        """Sale prices whose window holds ``at`` (now, unless given): start <= at < until."""
        at = at or timezone.now()
        return self.filter(Q(start__lte=at), Q(until__isnull=True) | Q(until__gt=at))


class SalePrice(models.Model):
    """A price that replaces a stock record's list price from ``start`` until ``until``.

    Where windows overlap the lowest price holds (docs/pricing.md, stage 2).
    """

    stockrecord = models.ForeignKey(
        "partner.StockRecord", on_delete=models.CASCADE, related_name="sale_prices"
    )
    price = models.DecimalField(
        _("sale price, tax included"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    start = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = SalePriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("sale price")
        verbose_name_plural = _("sale prices")
        indexes = [models.Index(fields=["stockrecord", "start", "until"])]

    def __str__(self) -> str:
        return f"{self.stockrecord.partner_sku}: {self.price}"

    def clean(self) -> None:
        if self.until and self.start and self.until <= self.start:
            raise ValidationError({"until": _("The sale must end after it begins.")})
        record = self.stockrecord if self.stockrecord_id else None
        if self.price and record and record.price is not None and self.price >= record.price:
            message = _("A sale price must be below the list price, %(price)s %(currency)s.")
            raise ValidationError(
                {"price": message % {"price": record.price, "currency": record.price_currency}}
            )


class Retirement(models.Model):
    """A product that is no longer made: its address leads to what replaces it, or says so (410).

    Saving takes the product off sale. Retirements never form chains: whatever this product
    replaced is from now on replaced by its replacement. A product that staff put on sale again is
    shown again, whatever stands here.
    """

    cache_tags = (SITE,)

    product = models.OneToOneField(
        "catalogue.Product",
        on_delete=models.CASCADE,
        related_name="retirement",
        verbose_name=_("product"),
        help_text=_("The product goes off sale. Its page says that it is no longer available."),
    )
    replacement = models.ForeignKey(
        "catalogue.Product",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("replaced by"),
        help_text=_("Its page redirects there. Leave empty to show similar products."),
    )
    created_at = models.DateTimeField(_("retired"), auto_now_add=True)

    class Meta:
        verbose_name = _("retired product")
        verbose_name_plural = _("retired products")

    def __str__(self) -> str:
        return self.product.get_title()

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        # Not by an UPDATE: what follows products by signal has to hear of it.
        self.product.is_public = False
        self.product.save(update_fields=["is_public", "date_updated"])
        others = Retirement.objects.exclude(pk=self.pk)
        others.filter(product=self.replacement_id).delete()
        others.filter(replacement=self.product_id).update(replacement=self.replacement_id)

    def clean(self) -> None:
        if self.product_id and self.product.parent_id:
            message = _("Retire the whole product; take a single variant off sale instead.")
            raise ValidationError({"product": message})
        if self.replacement is None:
            return
        if self.replacement_id == self.product_id:
            raise ValidationError({"replacement": _("A product cannot replace itself.")})
        if self.replacement.parent_id or not self.replacement.is_public:
            raise ValidationError({"replacement": _("Choose a product that is on sale.")})


class DeliveryMethod(models.Model):
    """A way an order reaches the customer: what it costs and how long it takes."""

    cache_tags = (SITE,)

    code = CodeField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=200, blank=True)
    price = models.DecimalField(_("price, tax included"), max_digits=8, decimal_places=2)
    free_over = models.DecimalField(
        _("free for baskets from"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    cutoff_hour = models.PositiveSmallIntegerField(
        _("cut-off hour"),
        default=12,
        help_text=_("Orders after this hour leave a working day later."),
    )
    min_days = models.PositiveSmallIntegerField(_("working days, at least"))
    max_days = models.PositiveSmallIntegerField(_("working days, at most"))
    countries: models.ManyToManyField = models.ManyToManyField(
        "address.Country", related_name="delivery_methods", verbose_name=_("countries")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if (
            self.max_days is not None
            and self.min_days is not None
            and self.max_days < self.min_days
        ):
            raise ValidationError(
                {"max_days": _("This must not be less than the minimum number of days.")}
            )


class OrderPromise(models.Model):
    """What an order promised beyond Oscar's own columns: when it arrives."""

    order = models.OneToOneField("order.Order", on_delete=models.CASCADE, related_name="promise")
    arrives_from = models.DateField(_("arrives from"))
    arrives_until = models.DateField(_("arrives until"))

    def __str__(self) -> str:
        return f"{self.order.number}: {self.arrives_from} – {self.arrives_until}"


class OutgoingMailQuerySet(models.QuerySet):
    def for_staff(self) -> "OutgoingMailQuerySet":
        """What people who run the shop may see: no mail with a code or a link into an account."""
        return self.filter(is_secret=False)


#: A step of an address that is long enough to be a key.
TOKEN_IN_LINK = re.compile(r"(?<=[\w/-])/[\w:~=.-]{20,}")


class OutgoingMail(models.Model):
    """One mail, from the moment it was decided on until it left or was parked for staff.

    ``key`` says what the mail is about ("order_placed:SM-7K2P9XQD"); it is unique, so that one
    event can never send two mails. A mail that ``is_secret`` holds a code or a link that lets its
    reader into an account: no list of the staff has it, and its text goes once it was sent or expired.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        PARKED = "parked", _("failed: needs attention")
        EXPIRED = "expired", _("expired before it could be sent")

    key = CodeField(_("key"), max_length=190, unique=True)
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=255)
    body_text = models.TextField(_("text"))
    body_html = models.TextField(_("HTML"), blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_secret = models.BooleanField(_("for the recipient only"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_attempt_at"])]

    def __str__(self) -> str:
        return f"{_('Account mail') if self.is_secret else self.subject} → {self.to}"

    def forget_secret(self) -> None:
        """Empty what only its reader may know. The caller saves the three fields."""
        self.subject, self.body_text, self.body_html = str(_("Account mail")), "", ""

    @property
    def text_for_staff(self) -> str:
        """What the mail says, with the part of each link that opens something left out."""
        return TOKEN_IN_LINK.sub("/…", self.body_text)


class WishListLink(models.Model):
    """The secret address under which others may read a wish list. Without a row it is private.

    Oscar's own key of a list has six characters, which a program can try; a token cannot be
    guessed, and a new one closes the old address.
    """

    wishlist = models.OneToOneField(
        "wishlists.WishList", on_delete=models.CASCADE, related_name="link"
    )
    token = CodeField(_("token"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("wish list link")
        verbose_name_plural = _("wish list links")

    def __str__(self) -> str:
        return f"{self.wishlist_id}"
