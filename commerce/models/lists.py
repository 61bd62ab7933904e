"""The read model of lists and search, and the settings staff make for both."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField
from commerce.models.cache_tags import SITE
from commerce.models.sort_keys import SORT_NAMES, SORTS


class Listing(models.Model):
    """One product in the read model of lists (docs/listing.md).

    There is a row for every product that a list can show, and for no other. ``card`` and
    ``variant_photos`` are the data of its card, ``variants`` its options (``commerce.options``); prices
    are ``PriceWindow``s. ``photos`` maps the keys
    of the product and its variants to keys of Wagtail images; ``categories`` are the product's own.
    """

    product = models.OneToOneField(
        "catalogue.Product", on_delete=models.CASCADE, primary_key=True, related_name="listing"
    )
    title = models.CharField(max_length=255)
    path = models.CharField(max_length=400)
    created = models.DateTimeField()
    rating = models.FloatField(default=0)
    review_count = models.PositiveIntegerField(default=0)
    popularity = models.PositiveIntegerField(default=0)
    availability = models.CharField(max_length=8)
    is_gone = models.BooleanField(default=False)
    card = models.JSONField(default=dict)
    variants = models.JSONField(default=dict)
    variant_photos = models.JSONField(default=dict)
    photos = models.JSONField(default=dict)
    categories = models.JSONField(default=list)

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        indexes = [
            models.Index(
                fields=["is_gone", "-popularity", "-rating", "product"], name="listing_recommended"
            ),
            models.Index(fields=["-created", "product"], name="listing_newest"),
            models.Index(fields=["-rating", "product"], name="listing_rating"),
            models.Index(fields=["-popularity", "product"], name="listing_popularity"),
        ]

    def __str__(self) -> str:
        return self.title


class PriceWindowQuerySet(models.QuerySet):
    def running(self, at: datetime) -> "PriceWindowQuerySet":
        """The windows that contain a moment: start <= at < until."""
        return self.filter(start__lte=at, until__gt=at)


class PriceWindow(models.Model):
    """The lowest price of a listing from ``start`` until ``until`` (excluded). They do not overlap.

    ``was`` is the lowest price of the 30 days before a reduction and ``ends`` the end of that sale (None without an end);
    another sale may change the price earlier. ``is_from`` says that variants differ in price. If
    they ever do, each variant has windows of its own, by its ``number`` (from 1; 0 is the whole
    listing). ``content`` and ``content_unit`` are those of the variant with this price, for its unit
    price; variants that differ in them have windows of their own, too.
    """

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="windows")
    number = models.PositiveIntegerField(default=0)
    start = models.DateTimeField()
    until = models.DateTimeField()
    currency = models.CharField(max_length=3)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    was = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    is_from = models.BooleanField(default=False)
    ends = models.DateTimeField(null=True)
    content = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    content_unit = models.CharField(max_length=2, blank=True)

    objects = PriceWindowQuerySet.as_manager()

    class Meta:
        verbose_name = _("price window")
        verbose_name_plural = _("price windows")
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "number", "start"], name="one_window_of_a_price_at_a_time"
            )
        ]
        indexes = [
            models.Index(
                fields=["number", "price", "listing", "start", "until"], name="listing_by_price"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.price} {self.currency}"


class PricePoint(models.Model):
    """A price that a variant is, was or will be sold at from ``since`` on, until its next row.

    Including VAT, sales and automatic offers: what shoppers see. ``price`` is None while it is not
    sold. ``country`` is "" for everywhere. Rows up to now are never changed; those after now are the plan and
    follow sales and offers (``commerce.pricing.price_history``).
    """

    # Without a constraint: MariaDB would lock the product's row for each insert, which another change of
    # the product may hold while it waits for the listing.
    product = models.ForeignKey(
        "catalogue.Product",
        on_delete=models.CASCADE,
        related_name="price_points",
        db_constraint=False,
    )
    currency = models.CharField(max_length=3)
    country = models.CharField(max_length=2, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("price in the history")
        verbose_name_plural = _("prices in the history")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "country", "since"], name="one_price_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price} {self.currency} since {self.since:%Y-%m-%d %H:%M}"


class Term(models.Model):
    """A set of listings: a category, a facet's value, a word. ``bitmap`` has their keys.

    ``title_bitmap`` has those with the word in their title, ``known_bitmap`` those with it in their
    title, a category or a facet. ``is_known`` says that ``known_bitmap`` is not empty, so that
    misspellings may be corrected to the word.
    """

    kind = models.CharField(max_length=12)
    value = CodeField(max_length=120)
    label = models.CharField(max_length=255, blank=True)
    n = models.PositiveIntegerField(default=0)
    is_known = models.BooleanField(default=False)
    bitmap = models.BinaryField(default=bytes)
    title_bitmap = models.BinaryField(default=bytes)
    known_bitmap = models.BinaryField(default=bytes)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="unique_term")]
        # Known words are few among the codes of a large catalogue.
        indexes = [models.Index(fields=["is_known", "kind", "value"], name="term_known")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class ListingTerms(models.Model):
    """The terms of a listing: the source of truth for the bitmaps of ``Term``.

    ``commerce.index.terms`` writes and reads ``text``. One row per term would be a hundred times as
    many rows.
    """

    listing = models.OneToOneField(
        Listing, on_delete=models.CASCADE, primary_key=True, related_name="terms"
    )
    text = models.TextField()

    class Meta:
        verbose_name = _("listing terms")
        verbose_name_plural = _("listing terms")

    def __str__(self) -> str:
        return f"terms of {self.listing_id}"


#: Types of Oscar's attributes whose values lists can be filtered by.
FACET_TYPES = ("option", "multi_option", "boolean", "text")


class FacetAttribute(models.Model):
    """A product attribute that lists can be filtered by, and its position among the facets."""

    cache_tags = (SITE,)

    attribute = models.OneToOneField(
        "catalogue.ProductAttribute",
        on_delete=models.CASCADE,
        related_name="facet",
        verbose_name=_("attribute"),
        help_text=_("With options, yes or no, or short texts. Numbers have too many values."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("facet")
        verbose_name_plural = _("facets")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.attribute.name

    def clean(self) -> None:
        super().clean()
        if self.attribute_id and self.attribute.type not in FACET_TYPES:
            raise ValidationError(
                {"attribute": _("Numbers, dates and files have too many values for a facet.")}
            )


class SearchSynonym(models.Model):
    """Words that find the same products, such as "sofa, couch"."""

    cache_tags = (SITE,)

    words = models.CharField(
        _("words"), max_length=255, help_text=_("Separated by commas: sofa, couch, settee")
    )

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words

    def clean(self) -> None:
        if len([word for word in self.words.split(",") if word.strip()]) < 2:
            raise ValidationError({"words": _("Enter at least two words, separated by commas.")})


class PromotedResult(models.Model):
    """A product that comes first when shoppers search for certain words."""

    cache_tags = (SITE,)

    query = models.CharField(_("search"), max_length=120)
    product = models.ForeignKey(
        "catalogue.Product",
        on_delete=models.CASCADE,
        related_name="promotions",
        limit_choices_to={"parent": None},
        verbose_name=_("product"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("promoted result")
        verbose_name_plural = _("promoted results")
        ordering = ["query", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["query", "product"], name="promoted_once_per_query")
        ]

    def __str__(self) -> str:
        return f"{self.query}: {self.product}"


class SearchMiss(models.Model):
    """A search without results and its count: a hint for synonyms or new products."""

    words = CodeField(_("search"), max_length=120, unique=True)
    count = models.PositiveIntegerField(_("times"), default=0)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("search without a result")
        verbose_name_plural = _("searches without a result")
        ordering = ["-count", "words"]

    def __str__(self) -> str:
        return self.words


class BoughtTogether(models.Model):
    """How many paid orders contain both products, for frequent pairs.

    A variant counts for its parent. ``commerce.catalogue.related`` recomputes the rows on a
    schedule; nothing else writes them.
    """

    product = models.ForeignKey(
        "catalogue.Product", on_delete=models.CASCADE, related_name="bought_together"
    )
    other = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+")
    orders = models.PositiveIntegerField(_("orders"))

    class Meta:
        verbose_name = _("bought together")
        verbose_name_plural = _("bought together")
        constraints = [
            models.UniqueConstraint(fields=["product", "other"], name="bought_together_once")
        ]
        indexes = [models.Index(fields=["product", "-orders"])]

    def __str__(self) -> str:
        return f"{self.product_id} + {self.other_id}: {self.orders}"


class ProductCollection(models.Model):
    """A list defined by a rule about product properties and prices.

    ``values`` are facet values such as "colour:blue" (``commerce.catalogue.list_rules.ListRule``).
    """

    cache_tags = (SITE,)

    title = models.CharField(_("title"), max_length=80)
    slug = models.SlugField(_("slug"), max_length=80)
    description = models.TextField(
        _("description"),
        max_length=500,
        blank=True,
        help_text=_("Shown above the list, and to search engines."),
    )
    category = models.ForeignKey(
        "catalogue.Category",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="collections",
        verbose_name=_("category"),
        help_text=_("Includes its subcategories. The collection is deleted with its category."),
    )
    product_class = models.ForeignKey(
        "catalogue.ProductClass",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="collections",
        verbose_name=_("product type"),
    )
    values = models.JSONField(_("properties"), default=list, blank=True)
    price_from = models.DecimalField(
        _("price from"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    price_to = models.DecimalField(
        _("price up to"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    is_in_stock = models.BooleanField(_("in stock only"), default=False)
    is_on_sale = models.BooleanField(_("on sale only"), default=False)
    sort = models.CharField(
        _("order"), max_length=20, choices=list(SORT_NAMES.items()), default=SORTS[0]
    )
    is_public = models.BooleanField(
        _("shown"), default=True, help_text=_("Untick to hide its page and its blocks.")
    )

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        low, high = self.price_from, self.price_to
        if low is not None and high is not None and low > high:
            raise ValidationError({"price_to": _("This must not be lower than the first price.")})


class AnswerCount(models.Model):
    """The number of pages served in one way on one day (``commerce.page_counts``)."""

    class Way(models.TextChoices):
        CACHED = "kept", _("from the cache")
        RENDERED = "rendered", _("rendered")
        OWN = "own", _("personal")

    day = models.DateField(_("day"))
    way = models.CharField(_("way"), max_length=10, choices=Way.choices)
    count = models.PositiveBigIntegerField(_("pages"), default=0)

    class Meta:
        verbose_name = _("daily page count")
        verbose_name_plural = _("daily page counts")
        constraints = [models.UniqueConstraint(fields=["day", "way"], name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.way}: {self.count}"
