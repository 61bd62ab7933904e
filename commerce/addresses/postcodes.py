"""Postcodes as their country writes them."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commerce.addresses.countries import AddressRules, country_name, rules_for

#: Countries whose postcodes look like those of another one, which taxes and delivers differently.
NEIGHBOURS = {"GB": ("JE", "GG", "IM"), "FI": ("AX",)}
SEPARATORS = re.compile(r"[\s\-–.]+")


class PostcodeRefused(ValidationError):
    """A postcode that does not exist in the country.

    ``belongs_to`` is the country in which it does, or ""; ``elsewhere`` is then the message for a
    form that does not have that country.
    """

    def __init__(self, message: str, *, belongs_to: str = "", elsewhere: str = "") -> None:
        super().__init__(message, code="invalid")
        self.belongs_to = belongs_to
        self.elsewhere = elsewhere


def clean_postcode(country: str, text: str) -> str:
    """The postcode as the country writes it: "nr231ah" becomes "NR23 1AH", "DK-2100" "2100".

    "" where there are no postcodes. Raises PostcodeRefused with a sentence for the shopper. Does
    not ask whether one is needed.
    """
    rules = rules_for(country)
    text = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    if not text or "postcode" not in rules.fields:
        return ""
    for neighbour in NEIGHBOURS.get(country, ()):
        if found := _as_written_in(rules_for(neighbour), text):
            raise _neighbours(neighbour, found)
    if rules.pattern is None:
        return text
    if found := _as_written_in(rules, text):
        return found
    message = _("This isn’t a valid postcode (%(country)s). Enter one such as %(example)s.")
    raise PostcodeRefused(
        message % {"country": country_name(country), "example": postcode_example(country)}
    )


def _neighbours(country: str, postcode: str) -> PostcodeRefused:
    names = {"postcode": postcode, "neighbour": country_name(country)}
    offer = _(
        "%(postcode)s is in %(neighbour)s, which is a country of its own here. "
        "Choose %(neighbour)s as the country."
    )
    elsewhere = _("%(postcode)s is in %(neighbour)s, which can’t be chosen here.")
    return PostcodeRefused(offer % names, belongs_to=country, elsewhere=elsewhere % names)


def postcode_example(country: str) -> str:
    """A postcode of the country, "" if none is known."""
    return next(iter(rules_for(country).examples), "")


def _as_written_in(rules: AddressRules, text: str) -> str:
    """The text as the country writes it; "" if it is no postcode there."""
    tries = [text]
    for prefix in rules.prefixes:
        if re.match(rf"{re.escape(prefix)}[\s\-]*\d", text):
            tries.append(text.removeprefix(prefix).lstrip(" -"))
    # Some countries write the prefix: LV-1073, AD500.
    tries += [f"{start}{text}" for start in _starts_of(rules) if text[0].isdigit()]
    for candidate in tries:
        if found := _spaced(rules, candidate):
            return found
    return ""


def _starts_of(rules: AddressRules) -> set[str]:
    """The letters before the digits in all examples of the country, if they are the same."""
    starts = {re.split(r"\d", example)[0] for example in rules.examples}
    return starts if len(starts) == 1 else set()


def _spaced(rules: AddressRules, text: str) -> str:
    """The text with the separators of an example of the same length; "" if it does not match."""
    compact = SEPARATORS.sub("", text)
    written = [_like(example, compact) for example in rules.examples]
    # British forces: the number of a post office has one to four digits.
    written.append(re.sub(r"^BFPO", "BFPO ", compact))
    for candidate in (*written, text, compact):
        if candidate and rules.pattern and rules.pattern.fullmatch(candidate):
            return candidate
    return ""


def _like(example: str, compact: str) -> str:
    """The characters with the separators of the example, counted from its end; "" if it is longer."""
    if len(SEPARATORS.sub("", example)) != len(compact):
        return ""
    letters = iter(compact)
    return "".join(sign if SEPARATORS.match(sign) else next(letters) for sign in example)
