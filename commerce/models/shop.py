"""People, photographs, sales, delivery, mail and other tables that extend Oscar's."""

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
from commerce.shop_values.delivery_rates import rates_in


class User(AbstractUser):
    """A person with an account, signing in by email address, which is unique in lower case."""

    #: Part of the session signature: incrementing it ends all sessions.
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
    """Links a photograph of Oscar's catalogue to the Wagtail image that pages render.

    With ``options`` it is shown for the variants that have one of these values, of each group named.
    """

    product_image = models.OneToOneField(
        "catalogue.ProductImage", on_delete=models.CASCADE, related_name="photo"
    )
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.CASCADE, related_name="product_photos"
    )
    options: models.ManyToManyField = models.ManyToManyField(
        "catalogue.AttributeOption",
        blank=True,
        related_name="photos",
        verbose_name=_("options"),
        help_text=_("The values of options that it shows; empty if it is for all variants."),
    )

    class Meta:
        verbose_name = _("product photograph")
        verbose_name_plural = _("product photographs")

    def __str__(self) -> str:
        return self.image.title


class CategoryPhoto(models.Model):
    """Links the photograph of one of Oscar's categories to the Wagtail image that pages render."""

    cache_tags = (SITE,)

    category = models.OneToOneField(
        "catalogue.Category", on_delete=models.CASCADE, primary_key=True, related_name="photo"
    )
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.CASCADE, related_name="category_photos"
    )

    class Meta:
        verbose_name = _("category photograph")
        verbose_name_plural = _("category photographs")

    def __str__(self) -> str:
        return self.image.title


class SalePriceQuerySet(models.QuerySet):
    def running(self, at: datetime) -> "SalePriceQuerySet":
        """Sale prices in effect at a moment: start <= at < until."""
        return self.filter(Q(start__lte=at), Q(until__isnull=True) | Q(until__gt=at))


class SalePrice(models.Model):
    """A price that replaces a stock record's list price from ``start`` until ``until``.

    If windows overlap, the lowest price applies (docs/pricing.md, stage 2).
    """

    stockrecord = models.ForeignKey(
        "partner.StockRecord",
        on_delete=models.CASCADE,
        related_name="sale_prices",
        verbose_name=_("product"),
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

    def is_running(self, at: datetime) -> bool:
        """Whether the sale price is in effect at a moment: start <= at < until."""
        return self.start <= at and (self.until is None or at < self.until)

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
    """A discontinued product: its URL redirects to its replacement, or answers with 410.

    Saving takes the product off sale. Retirements never form chains: products that this one
    replaced are replaced by its replacement. A product that staff put on sale again is shown again.
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
        # Not by an UPDATE: signal receivers must run.
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
    """A delivery method with its price and duration."""

    cache_tags = (SITE,)

    code = CodeField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=200, blank=True)
    price = models.DecimalField(_("price, tax included"), max_digits=8, decimal_places=2)
    rates = models.TextField(
        _("prices by weight"),
        blank=True,
        help_text=_(
            "Instead of one price: per line the greatest weight in grams and its price, such as "
            "“2000 5.90”. Heavier orders are not carried."
        ),
    )
    free_over = models.DecimalField(
        _("free for baskets from"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    max_length = models.PositiveIntegerField(_("greatest length (mm)"), null=True, blank=True)
    max_width = models.PositiveIntegerField(_("greatest width (mm)"), null=True, blank=True)
    max_height = models.PositiveIntegerField(_("greatest height (mm)"), null=True, blank=True)
    is_pickup = models.BooleanField(_("collected at the shop"), default=False)
    is_digital = models.BooleanField(
        _("for orders without a parcel"),
        default=False,
        help_text=_("Downloads and services. Their dates are not shown."),
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
        try:
            rates_in(self.rates)
        except ValueError as error:
            text = _("“%s” is not a weight in grams with a price, such as “2000 5.90”.")
            raise ValidationError({"rates": text % error}) from error
        sizes = [self.max_length, self.max_width, self.max_height]
        if any(sizes) and not all(sizes):
            raise ValidationError(_("Give all three sizes, or none."))
        if (
            self.max_days is not None
            and self.min_days is not None
            and self.max_days < self.min_days
        ):
            raise ValidationError(
                {"max_days": _("This must not be less than the minimum number of days.")}
            )


class OrderPromise(models.Model):
    """The delivery dates promised for an order."""

    order = models.OneToOneField("order.Order", on_delete=models.CASCADE, related_name="promise")
    arrives_from = models.DateField(_("arrives from"))
    arrives_until = models.DateField(_("arrives until"))

    def __str__(self) -> str:
        return f"{self.order.number}: {self.arrives_from} – {self.arrives_until}"


class OrderLinePricing(models.Model):
    """How the unit price of an order line came about, as it was when the order was placed.

    ``stages`` are those of ``commerce.pricing.prices.Quote`` with amounts as text; ``surcharge`` is that of
    the line's personal options.
    """

    line = models.OneToOneField(
        "order.Line", on_delete=models.CASCADE, primary_key=True, related_name="pricing"
    )
    stages = models.JSONField()
    surcharge = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("price stages of an order line")
        verbose_name_plural = _("price stages of order lines")

    def __str__(self) -> str:
        return str(self.line_id)


class OrderPickup(models.Model):
    """Marks an order that the customer collects at the shop.

    Stored with the order, because the delivery method may change or be deleted afterwards.
    """

    order = models.OneToOneField("order.Order", on_delete=models.CASCADE, related_name="pickup")

    def __str__(self) -> str:
        return str(self.order.number)


class OutgoingMailQuerySet(models.QuerySet):
    def for_staff(self) -> "OutgoingMailQuerySet":
        """The mails that staff may see: none with a code or a link into an account."""
        return self.filter(is_secret=False)


#: A URL segment that is long enough to be a token.
TOKEN_IN_LINK = re.compile(r"(?<=[\w/-])/[\w:~=.-]{20,}")


class OutgoingMail(models.Model):
    """One mail, from queuing until it is sent or parked for staff.

    ``key`` identifies its subject ("order_placed:7K2P9XQD"); it is unique, so that an event
    never sends two mails. A mail that ``is_secret`` contains a code or a link into an account:
    staff never see it, and its text is removed once it is sent or expired.
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
        """Remove what only the recipient may know. The caller saves the three fields."""
        self.subject, self.body_text, self.body_html = str(_("Account mail")), "", ""

    @property
    def text_for_staff(self) -> str:
        """The text, with the tokens of links removed."""
        return TOKEN_IN_LINK.sub("/…", self.body_text)


class WishListLink(models.Model):
    """The secret token for reading a wish list. Without a row the list is private.

    Oscar's own key of a list has six characters and can be guessed. A new token invalidates the old
    link.
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
