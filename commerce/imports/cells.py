"""Turns cells into values, and values into cells. Every refusal is a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import MAXYEAR, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.pricing.price_rules import MAX_PRICE

MAX_STOCK = 2_000_000_000
#: The decimal separators that the form offers. "" detects the file's.
POINT, COMMA = ".", ","
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")
YES = frozenset({"1", "true", "yes", "y", "on", "ja", "oui", "wahr", "x"})
NO = frozenset({"", "0", "false", "no", "n", "off", "nein", "non", "falsch"})
#: Characters of a number, with its currency. The expressions below need time with the square of the
#: length, and a cell may have 200,000 characters.
MOST_IN_NUMBER = 60
#: Currency signs and spaces around an amount, and codes such as EUR.
AROUND = " \t\r\n\v\f\u00a0\u2009\u202f$€£¥"
CURRENCY = re.compile(r"^[A-Z]{3}\s|\s?[A-Z]{3}$")
SPACES = re.compile("[\\s\u00a0\u202f']+(?=\\d{3})")
WITH_POINT = re.compile(r"^-?(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?$", re.ASCII)
WITH_COMMA = re.compile(r"^-?(\d+|\d{1,3}(\.\d{3})+)?(,\d+)?$", re.ASCII)


class CellError(ValueError):
    """A cell that cannot be understood; the text says why."""


def _bare(text: str) -> str:
    """The number in a cell without currency and spaces; "" if the cell is too long for one."""
    text = text.strip()
    if len(text) > MOST_IN_NUMBER:
        return ""
    amount = CURRENCY.sub("", text.strip(AROUND)).strip(AROUND)
    return SPACES.sub("", amount)


def number_in(text: str, decimal: str) -> Decimal:
    """The number in a cell, with the decimal separator ``POINT`` or ``COMMA``.

    Thousands may be grouped, correctly, by the other separator, a space or an apostrophe. Raises
    CellError for everything else, including "1e9" and more than ``MOST_IN_NUMBER`` characters.
    """
    bare = _bare(text)
    pattern, other = (WITH_COMMA, POINT) if decimal == COMMA else (WITH_POINT, COMMA)
    if not re.search(r"\d", bare) or not pattern.match(bare):
        swapped = WITH_POINT if decimal == COMMA else WITH_COMMA
        if re.search(r"\d", bare) and swapped.match(bare):
            raise CellError(
                _("“%(text)s” is not a number with the decimal separator “%(sign)s”.")
                % {"text": shortened(text), "sign": decimal}
            )
        raise CellError(_("“%(text)s” is not a number.") % {"text": shortened(text)})
    try:
        return Decimal(bare.replace(other, "").replace(COMMA, POINT))
    except InvalidOperation as error:
        raise CellError(_("“%(text)s” is not a number.") % {"text": shortened(text)}) from error


def price_in(text: str, decimal: str, *, may_be_free: bool = False) -> Decimal | None:
    """The price in a cell, rounded to nothing: more than two decimals are refused. "" is None."""
    if not text:
        return None
    price = number_in(text, decimal)
    if price < 0:
        raise CellError(_("A price cannot be negative: %(text)s.") % {"text": shortened(text)})
    if price == 0 and not may_be_free:
        raise CellError(
            _("The price is 0. Tick “Allow a price of 0” to sell the product for free.")
        )
    if price > MAX_PRICE:
        raise CellError(
            _("The price %(text)s is above %(most)s.")
            % {"text": shortened(text), "most": MAX_PRICE}
        )
    if price != round(price, 2):
        raise CellError(
            _("The price %(text)s has more than two decimals.") % {"text": shortened(text)}
        )
    return round(price, 2)


def stock_in(text: str, decimal: str) -> int | None:
    """The number of units in a cell; "" is None."""
    if not text:
        return None
    units = number_in(text, decimal)
    if units != int(units):
        raise CellError(_("“%(text)s” is not a whole number.") % {"text": shortened(text)})
    if units < 0:
        # Shopify and WooCommerce write oversold units as a negative number.
        return 0
    if units > MAX_STOCK:
        raise CellError(_("“%(text)s” is too many units.") % {"text": shortened(text)})
    return int(units)


def yes_in(text: str) -> bool:
    """A yes or no; "" is no."""
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellError(_("“%(text)s” is neither yes nor no.") % {"text": shortened(text)})


def moment_in(text: str, *, is_end: bool = False) -> datetime | None:
    """A date or date and time in the current time zone; "" is None.

    A date alone is its beginning, or with ``is_end`` the beginning of the next day.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r" ([+-]\d\d):?(\d\d)$", r"\1:\2", text))
    except ValueError:
        pass
    else:
        if moment.tzinfo is not None:
            return moment
    for pattern in DATES:
        try:
            moment = datetime.strptime(text[:19], pattern)
        except ValueError:
            continue
        if pattern == DATES[0]:
            moment = datetime.combine(moment.date(), time())
            if is_end and moment.year < MAXYEAR:  # 9999-12-31 means that there is no end
                moment += timedelta(days=1)
        return timezone.make_aware(moment)
    raise CellError(_("“%(text)s” is not a date such as 2026-12-24.") % {"text": shortened(text)})


def sku_in(text: str) -> str:
    """A SKU without the apostrophe with which spreadsheets protect leading zeros."""
    sku = re.sub(r"^'(?=[\w=+@-])", "", text)
    if len(sku) > 64:
        raise CellError(_("A SKU has at most 64 characters."))
    return sku


def words_in(text: str, separator: str = ",", *, with_empty: bool = False) -> list[str]:
    """The parts of a list, by default without empty ones; a backslash escapes the separator."""
    parts = re.split(rf"(?<!\\){re.escape(separator)}", text) if text else []
    words = [part.replace(f"\\{separator}", separator).strip() for part in parts]
    return words if with_empty else list(filter(None, words))


def words_text(words: Iterable[str], separator: str = "|") -> str:
    """A list as one text, which ``words_in`` reads."""
    escaped = (word.replace(separator, f"\\{separator}") for word in words)
    return f" {separator} ".join(escaped)


def decimal_of(cells: Iterable[str], language: str) -> str:
    """The decimal separator of a file's prices; the language's if they do not show it."""
    shown = {POINT: 0, COMMA: 0}
    for cell in cells:
        bare = _bare(cell)
        is_point, is_comma = bool(WITH_POINT.match(bare)), bool(WITH_COMMA.match(bare))
        if is_point != is_comma:
            shown[POINT if is_point else COMMA] += 1
    if shown[POINT] != shown[COMMA]:
        return max(shown, key=lambda sign: shown[sign])
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return POINT
    return COMMA if locale.number_symbols["latn"]["decimal"] == COMMA else POINT


def shortened(text: str) -> str:
    """The text as a message quotes it."""
    return text if len(text) <= 40 else f"{text[:39]}…"
