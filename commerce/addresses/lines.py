"""The lines of an address in the order of its country, for pages, mails and documents."""

import re
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.exceptions import ObjectDoesNotExist

from commerce.addresses.countries import FAMILY_FIRST, rules_for

if TYPE_CHECKING:
    from oscar.apps.address.abstract_models import AbstractAddress


def address_lines(address: "AbstractAddress", *, with_name: bool = True) -> list[str]:
    """The lines of an address as its country orders them, ending with the country's name.

    Nothing that was typed is left out: what the country does not use comes before its name.
    """
    rules = rules_for(address.country_id)
    values = {
        "N": _name_of(address) if with_name else "",
        "O": address.line3,
        "A": "\n".join(filter(None, (address.line1, address.line2))),
        "C": address.line4,
        "S": address.state,
        "Z": address.postcode,
    }
    values = {letter: (value or "").strip() for letter, value in values.items()}
    pattern = rules.latin_format if _is_latin("".join(values.values())) else rules.local_format
    lines = [line for part in pattern.split("%n") for line in _filled(part, values)]
    unused = (value for letter, value in values.items() if f"%{letter}" not in pattern)
    lines += filter(None, unused)
    with suppress(ObjectDoesNotExist):
        lines.append(address.country.printable_name)
    return [line for line in lines if line]


def _name_of(address: "AbstractAddress") -> str:
    """The name as its country orders it."""
    is_family_first = address.country_id in FAMILY_FIRST and not _is_latin(address.name)
    if not is_family_first:
        return address.salutation
    return " ".join(filter(None, (address.last_name, address.first_name)))


def _filled(pattern: str, values: dict[str, str]) -> list[str]:
    """The lines of one line of a pattern: none without a value, several for a street of several.

    A separator stays only between two values, a prefix such as "CH-" only before its value.
    """
    if pattern == "%A":
        return values["A"].splitlines()
    text = literal = ""
    for token in re.findall(r"%[A-Z]|[^%]+", pattern):
        if not token.startswith("%"):
            literal += token
            continue
        if value := values.get(token[1], "").replace("\n", ", "):
            text += (literal if text else literal.lstrip(" ,-")) + value
        literal = ""
    return [text]


def _is_latin(text: str) -> bool:
    """Whether a reader of Latin script can read the address."""
    return not any(
        letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in text
    )
