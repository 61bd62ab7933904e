"""The shop's facts as pages, mails and documents read them: ``current_shop()``.

A field that staff leave empty falls back to the deployment's settings, then to a neutral default.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from email.utils import parseaddr
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone, translation
from django.utils.translation import ngettext

from commerce.models import ShopSettings
from commerce.models.cache_tags import SITE
from commerce.models.shop_settings import COLOUR, changed_in
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memoise import memoise
from commerce.shop_values.choices import LANGUAGES, time_zones
from commerce.shop_values.closed_days import closed_days_in, public_holidays
from commerce.shop_values.palette import DARK, LIGHT, BaseColours
from commerce.shop_values.price_bands import bands_in
from commerce.shop_values.tax_registrations import registrations_in

logger = logging.getLogger(__name__)
T = TypeVar("T")
LANGUAGE_CODES = frozenset(code for code, _name in LANGUAGES)


@dataclass(frozen=True)
class Fact:
    """A fact beside the buy box: ``text`` contains "{value}"."""

    attribute: str
    text: str


@dataclass(frozen=True)
class Shop:
    """The merchant's facts. Texts are "" and lists empty if neither staff nor deployment give any.

    ``bands`` is empty if price bands follow from the catalogue. ``product_words`` are singular and
    plural, both "" for the default words. ``tax_percent`` is None for the standard rate of the country.
    """

    name: str
    strapline: str
    company: str
    address: tuple[str, ...]
    representative: str
    register_number: str
    vat_number: str
    email: str
    telephone: str
    hours: tuple[str, ...]
    logo_id: int | None
    light: BaseColours
    dark: BaseColours
    heading_font: str
    body_font: str
    country: str
    currency: str
    postcode: str
    tax_percent: Decimal | None
    tax_registrations: dict[str, str]
    oss_since: date | None
    prices_abroad: str
    tax_rounding: str
    language: str
    time_zone: str
    is_metric: bool
    holiday_region: str
    closed_days: frozenset[date]
    order_number_prefix: str
    max_items: int
    download_days: int
    download_limit: int
    bands: tuple[int, ...]
    product_words: tuple[str, str]
    facts_label: str
    facts: tuple[Fact, ...]
    care_attribute: str
    brand_attribute: str
    height_attribute: str
    width_attribute: str
    empty_basket_text: str
    empty_search_text: str
    not_found_text: str

    def is_closed_on(self, day: date) -> bool:
        """Whether nothing is dispatched or delivered on a day."""
        return day.weekday() >= 5 or day in self.closed_days or day in self.holidays

    @cached_property
    def holidays(self) -> Collection[date]:
        """The public holidays of its country or region; none if the region is unknown."""
        try:
            return public_holidays(self.country, self.holiday_region)
        except ValueError:
            logger.error("The region %r has no holidays.", self.holiday_region)
            return frozenset()

    def count_of_products(self, count: int) -> str:
        """A number of products in the shop's word: "27 prints"."""
        one, many = self.product_words
        if not one:
            return ngettext("%(count)s product", "%(count)s products", count) % {"count": count}
        return f"{count} {one if count == 1 else many}"

    @property
    def seller(self) -> dict[str, Any]:
        """The seller that documents name."""
        return {
            "name": self.company or self.name,
            "address": list(self.address),
            "vat_number": self.vat_number,
            "company_number": self.register_number,
        }


#: The facts of the request at hand.
_of_request: ContextVar[Shop | None] = ContextVar("shop", default=None)
#: The facts as read in a connection's transaction, which may see rows that are not committed, with
#: the transaction's list of hooks: Django makes a new one for each transaction.
_read_in: WeakKeyDictionary[BaseDatabaseWrapper, tuple[list[Any], Shop]] = WeakKeyDictionary()


def current_shop() -> Shop:
    """The shop's facts, the same during a request.

    Cached: one query after a change of the settings. Outside requests, one per transaction.
    """
    connection = transaction.get_connection()
    blocks = connection.atomic_blocks
    if not blocks:
        return _of_request.get() or memoise("shop", _read)
    depends_on(SITE)
    if blocks[0] in changed_in:
        return _read()
    if shop := _of_request.get():
        return shop
    hooks, shop = _read_in.get(connection, (None, None))
    if shop is None or hooks is not connection.run_on_commit:
        shop = _read()
        _read_in[connection] = connection.run_on_commit, shop
    return shop


def _read() -> Shop:
    row = ShopSettings.objects.order_by("pk").first() or ShopSettings()
    seller = settings.SELLER
    country = row.country_id or settings.DELIVERY_HOME_COUNTRY
    return Shop(
        name=row.name or settings.SITE_NAME,
        strapline=row.strapline,
        company=row.company or ("" if row.name else seller["name"]),
        address=_lines(row.address) or tuple(seller["address"]),
        representative=row.representative,
        register_number=row.register_number or seller["company_number"],
        vat_number=row.vat_number or seller["vat_number"],
        email=row.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        telephone=row.telephone,
        hours=_lines(row.hours),
        logo_id=row.logo_id,
        light=_colours(row.light_colours(), LIGHT),
        dark=_colours(row.dark_colours(), DARK),
        heading_font=row.heading_font,
        body_font=row.body_font,
        country=country,
        currency=row.currency or settings.OSCAR_DEFAULT_CURRENCY,
        postcode=row.postcode,
        tax_percent=row.tax_percent,
        tax_registrations=_parsed(registrations_in, row.tax_registrations, {}),
        oss_since=row.oss_since,
        prices_abroad=row.prices_abroad,
        tax_rounding=row.tax_rounding,
        language=row.language if row.language in LANGUAGE_CODES else settings.LANGUAGE_CODE,
        time_zone=row.time_zone if row.time_zone in dict(time_zones()) else settings.TIME_ZONE,
        is_metric=row.units == ShopSettings.Units.METRIC,
        holiday_region=row.holiday_region,
        closed_days=_parsed(closed_days_in, row.closed_days, frozenset()),
        order_number_prefix=row.order_number_prefix or settings.ORDER_NUMBER_PREFIX,
        max_items=row.max_items,
        download_days=row.download_days,
        download_limit=row.download_limit,
        bands=_parsed(bands_in, row.price_bands, ()),
        product_words=(row.product_word, row.product_word_plural),
        facts_label=row.facts_label,
        facts=tuple(Fact(block.value["attribute"], block.value["text"]) for block in row.facts),
        care_attribute=row.care_attribute,
        brand_attribute=row.brand_attribute,
        height_attribute=row.height_attribute,
        width_attribute=row.width_attribute,
        empty_basket_text=row.empty_basket_text,
        empty_search_text=row.empty_search_text,
        not_found_text=row.not_found_text,
    )


def _parsed(parse: Callable[[str], T], text: str, default: T) -> T:
    """The parsed text. Forms refuse a wrong one; a row written otherwise must not stop the shop."""
    try:
        return parse(text)
    except ValueError:
        logger.error("The shop settings contain %r, which is ignored.", text)
        return default


def _colours(colours: BaseColours, default: BaseColours) -> BaseColours:
    pairs = zip(colours, default, strict=True)
    return BaseColours(*(one if COLOUR.match(one) else other for one, other in pairs))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@contextmanager
def in_the_shops_terms() -> Iterator[None]:
    """Use the shop's language and time zone inside the block, whoever is looking."""
    shop = current_shop()
    token = _of_request.set(shop)
    try:
        with translation.override(shop.language), timezone.override(ZoneInfo(shop.time_zone)):
            yield
    finally:
        _of_request.reset(token)
