"""The merchant's facts: who sells, how the shop looks, where it is and what it calls its goods.

One row, edited by staff. Empty fields fall back to the deployment's settings and then to neutral
defaults; read the result with ``commerce.shop_settings.current.current_shop``.
"""

import re
from typing import Any
from weakref import WeakSet

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.settings.models import BaseGenericSetting
from wagtail.fields import StreamField

from commerce.models.cache_tags import SETS, SITE
from commerce.models.tax import PERCENT
from commerce.shop_values.choices import FONTS, LANGUAGES, currencies, time_zones
from commerce.shop_values.closed_days import closed_days_in, public_holidays
from commerce.shop_values.palette import DARK, LIGHT, BaseColours, contrast_errors
from commerce.shop_values.price_bands import bands_in
from commerce.shop_values.tax_registrations import registrations_in

COLOUR = re.compile(r"^#[0-9a-f]{6}$")
HEX = RegexValidator(COLOUR.pattern, _("Enter a colour such as #25525c."))


#: Transactions that changed the settings: what was read before in them is outdated.
changed_in: WeakSet[transaction.Atomic] = WeakSet()


class ProductFactBlock(blocks.StructBlock):
    """A fact beside the buy box: an attribute's value in a sentence."""

    attribute = blocks.CharBlock(
        label=_("attribute code"), max_length=128, help_text=_("For example: height")
    )
    text = blocks.CharBlock(
        label=_("text"), max_length=80, default="{value}",
        help_text=_("{value} is replaced by the value: “{value} cm tall”."),
    )  # fmt: skip

    class Meta:
        icon = "list-ul"
        label = _("fact")


def _colour(label: Any) -> models.CharField:
    return models.CharField(label, max_length=7, blank=True, validators=[HEX])


class ShopSettings(BaseGenericSetting):
    """The settings of the shop. The row is made by a migration, so that no page view writes."""

    class Units(models.TextChoices):
        METRIC = "metric", _("Metric (cm, kg, ml)")
        IMPERIAL = "imperial", _("Imperial (in, lb, fl oz)")

    class PricesAbroad(models.TextChoices):
        GROSS = "gross", _("The same price everywhere; it includes the VAT of the destination")
        NET = "net", _("The net price plus the VAT of the destination; without VAT for exports")

    class TaxRounding(models.TextChoices):
        LINE = "line", _("for each line")
        TOTAL = "total", _("for the sum of each rate")

    cache_tags = (SITE, SETS)

    # Who sells
    name = models.CharField(_("name of the shop"), max_length=80, blank=True)
    strapline = models.CharField(_("strapline"), max_length=120, blank=True)
    company = models.CharField(
        _("company"), max_length=120, blank=True, help_text=_("The legal name of the seller.")
    )
    address = models.TextField(
        _("address"), blank=True, help_text=_("Write each line of the address on its own line.")
    )
    representative = models.CharField(_("represented by"), max_length=120, blank=True)
    register_number = models.CharField(
        _("register and number"), max_length=120, blank=True,
        help_text=_("For example: Companies House 01234567, or Amtsgericht Leipzig, HRB 12345."),
    )  # fmt: skip
    vat_number = models.CharField(_("VAT number"), max_length=40, blank=True)
    email = models.EmailField(_("email address"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    hours = models.TextField(
        _("hours"), blank=True, help_text=_("One entry per line, such as “Tue – Fri 10 – 18”.")
    )

    # How it looks
    logo = models.ForeignKey(
        "wagtailimages.Image", verbose_name=_("logo"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
        help_text=_("Shown in the header instead of the name. A PNG or WebP at least 400 px wide."),
    )  # fmt: skip
    paper = _colour(_("background"))
    ink = _colour(_("text"))
    accent = _colour(_("accent"))
    sale = _colour(_("sale prices and errors"))
    paper_dark = _colour(_("background, dark"))
    ink_dark = _colour(_("text, dark"))
    accent_dark = _colour(_("accent, dark"))
    sale_dark = _colour(_("sale prices and errors, dark"))
    heading_font = models.CharField(_("font of headings"), max_length=40, blank=True, choices=FONTS)
    body_font = models.CharField(_("font of text"), max_length=40, blank=True, choices=FONTS)

    # Where it is
    country = models.ForeignKey(
        "address.Country", verbose_name=_("country"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
        help_text=_("Its delivery methods are quoted before an address is known."),
    )  # fmt: skip
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, choices=currencies,
        help_text=_("Cannot change once a product has a price or an order exists."),
    )  # fmt: skip
    tax_percent = models.DecimalField(
        _("standard VAT rate in %"), max_digits=4, decimal_places=2, null=True, blank=True,
        validators=PERCENT,
        help_text=_(
            "Prices include it. Leave empty for the rate of the country. A product type, such as books,"
            " can have a tax class with other rates."
        ),
    )  # fmt: skip
    postcode = models.CharField(
        _("postcode of dispatch"), max_length=12, blank=True,
        help_text=_("Matters in places with rules of their own, such as Northern Ireland (BT)."),
    )  # fmt: skip
    prices_abroad = models.CharField(
        _("prices in other countries"), max_length=5, choices=PricesAbroad.choices,
        default=PricesAbroad.GROSS,
    )  # fmt: skip
    oss_since = models.DateField(
        _("One Stop Shop since"), null=True, blank=True,
        help_text=_(
            "From this day on, deliveries to consumers in other EU states bear the VAT of their country."
            " Empty: your sales there are below the threshold and bear your own VAT."
        ),
    )  # fmt: skip
    tax_registrations = models.TextField(
        _("registered for VAT elsewhere"), blank=True,
        help_text=_("One country per line with your number there: DE DE136695976."),
    )  # fmt: skip
    tax_rounding = models.CharField(
        _("VAT is rounded"), max_length=5, choices=TaxRounding.choices, default=TaxRounding.LINE
    )
    language = models.CharField(_("language"), max_length=10, blank=True, choices=LANGUAGES)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True, choices=time_zones)
    units = models.CharField(_("units"), max_length=8, choices=Units.choices, default=Units.METRIC)
    holiday_region = models.CharField(
        _("region of public holidays"), max_length=10, blank=True,
        help_text=_("The code of a part of the country, such as ENG or SN. Empty: national ones."),
    )  # fmt: skip
    closed_days = models.TextField(
        _("further days without dispatch"), blank=True,
        help_text=_("One date per line, such as 2026-12-24, or a period: 2026-12-27 – 2026-12-31."),
    )  # fmt: skip

    # Orders
    order_number_prefix = models.CharField(
        _("prefix of order numbers"), max_length=8, blank=True,
        validators=[RegexValidator(r"^[A-Z0-9-]*$", _("Use capital letters, digits and hyphens."))],
    )  # fmt: skip
    max_items = models.PositiveIntegerField(
        _("maximum number of items per order"), default=1000, validators=[MinValueValidator(1)],
        help_text=_("Products may have a lower limit of their own."),
    )  # fmt: skip

    download_days = models.PositiveIntegerField(
        _("days to download"), default=30, validators=[MinValueValidator(1)],
        help_text=_("How long buyers can download a file that they paid for."),
    )  # fmt: skip
    download_limit = models.PositiveIntegerField(
        _("downloads per file"), default=5, validators=[MinValueValidator(1)]
    )

    # Goods
    price_bands = models.CharField(
        _("price bands"), max_length=120, blank=True,
        help_text=_("Where a band begins, such as 10, 25, 50. Empty: chosen from the catalogue."),
    )  # fmt: skip
    product_word = models.CharField(
        _("word for a product"), max_length=30, blank=True, help_text=_("For example: print")
    )
    product_word_plural = models.CharField(
        _("word for products"), max_length=30, blank=True, help_text=_("For example: prints")
    )
    facts_label = models.CharField(_("label of the facts"), max_length=40, blank=True)
    facts = StreamField(
        [("fact", ProductFactBlock())], blank=True, verbose_name=_("facts on product pages")
    )
    care_attribute = models.CharField(
        _("attribute with care instructions"), max_length=128, blank=True
    )
    brand_attribute = models.CharField(
        _("attribute with the brand"), max_length=128, blank=True,
        help_text=_(
            "For search engines and the product feed. A product without it is of the shop’s own brand."
        ),
    )  # fmt: skip
    height_attribute = models.CharField(
        _("attribute with the height"), max_length=128, blank=True,
        help_text=_("With both sizes in centimetres, product pages draw the product to scale."),
    )  # fmt: skip
    width_attribute = models.CharField(_("attribute with the width"), max_length=128, blank=True)

    # Words of empty pages
    empty_basket_text = models.CharField(_("empty basket"), max_length=200, blank=True)
    empty_search_text = models.CharField(_("search without results"), max_length=200, blank=True)
    not_found_text = models.CharField(_("page not found"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("shop settings")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if blocks_now := transaction.get_connection().atomic_blocks:
            changed_in.add(blocks_now[0])
        super().save(*args, **kwargs)

    def light_colours(self) -> BaseColours:
        """The colours of light pages, chosen or neutral."""
        chosen = (self.paper, self.ink, self.accent, self.sale)
        return BaseColours(*(one or other for one, other in zip(chosen, LIGHT, strict=True)))

    def dark_colours(self) -> BaseColours:
        """The colours of dark pages, chosen or neutral."""
        chosen = (self.paper_dark, self.ink_dark, self.accent_dark, self.sale_dark)
        return BaseColours(*(one or other for one, other in zip(chosen, DARK, strict=True)))

    def _country_code(self) -> str:
        return self.country_id or settings.DELIVERY_HOME_COUNTRY

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        for colours, suffix in ((self.light_colours(), ""), (self.dark_colours(), "_dark")):
            # A field that failed its own check is reported already.
            whole = all(COLOUR.match(colour) for colour in colours)
            for error in contrast_errors(colours) if whole else ():
                errors[error.field + suffix] = _(
                    "Its contrast to the background is %(contrast)s and must be at least %(least)s. The"
                    " nearest colour that can be read is %(nearest)s."
                ) % {
                    "contrast": f"{error.contrast:.1f}",
                    "least": f"{error.least:.1f}",
                    "nearest": error.nearest,
                }
        for field, check, text in (
            ("closed_days", closed_days_in, _("“%s” is not a date or period such as 2026-12-24.")),
            (
                "price_bands",
                bands_in,
                _(
                    "“%s” is not possible. Enter 1, 2, 3, 4, 5 or 6, or one of 10, 15, 20, 25, 30, 40, 50,"
                    " 60 and 75, with any number of zeros behind it."
                ),
            ),
            (
                "tax_registrations",
                registrations_in,
                _("“%s” is not a country’s code with a VAT number, such as DE DE136695976."),
            ),
            (
                "holiday_region",
                lambda region: region and public_holidays(self._country_code(), region),
                _("“%s” is not the code of a region of this country."),
            ),
        ):
            try:
                check(getattr(self, field))
            except ValueError as error:
                errors[field] = text % error
        if self.pk and self.currency != type(self).objects.get(pk=self.pk).currency:
            currency = self.currency or settings.OSCAR_DEFAULT_CURRENCY
            records = apps.get_model("partner", "StockRecord").objects
            orders = apps.get_model("order", "Order").objects
            if records.exclude(price_currency=currency).exclude(price=None).exists():
                errors["currency"] = _("Products have prices in another currency already.")
            elif orders.exclude(currency=currency).exists():
                errors["currency"] = _("There are orders in another currency already.")
        if bool(self.product_word) != bool(self.product_word_plural):
            errors["product_word_plural"] = _("Give both words or neither.")
        if errors:
            raise ValidationError(errors)
