"""Finds rows whose text or JSON mentions an email address.

A database can only search for parts of a text, and ann@example.com contains n@example.com. So the
database narrows the rows down, and whole addresses are compared here, ignoring case.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet, TextField
from django.db.models.functions import Cast, Lower

from commerce.privacy.people import ERASED

#: A match next to these characters is part of a longer address.
_BEFORE, _AFTER = r"(?<![\w.+!#$%&*^~-])(?<!\w')", r"(?![\w-])(?!\.\w)"


def mentions(text: str, email: str) -> bool:
    """Whether a text contains this whole address, ignoring case."""
    pattern = f"{_BEFORE}{re.escape(email)}{_AFTER}"
    return re.search(pattern, text, re.IGNORECASE) is not None


def rows_mentioning(rows: QuerySet, field: str, emails: Iterable[str]) -> Iterator[Model]:
    """The rows whose text or JSON ``field`` mentions one of the addresses.

    JSON is compared as lower-case text: MariaDB's JSON columns are case-sensitive.
    """
    for email in emails:
        searched = Lower(Cast(field, TextField()))
        narrowed = rows.annotate(searched_text=searched).filter(
            searched_text__contains=_part_in_ascii(email).lower()
        )
        for row in narrowed.iterator():
            if any(mentions(text, email) for text in _texts(getattr(row, field))):
                yield row


def keys_mentioning(rows: QuerySet, field: str, emails: Iterable[str]) -> set[Any]:
    """The primary keys of ``rows_mentioning``."""
    return {row.pk for row in rows_mentioning(rows, field, emails)}


def without_mentions(value: Any, emails: Iterable[str]) -> Any:
    """A copy of a JSON value with ``[erased]`` for each text that mentions an address."""
    emails = tuple(emails)
    if isinstance(value, dict):
        return {key: without_mentions(item, emails) for key, item in value.items()}
    if isinstance(value, list):
        return [without_mentions(item, emails) for item in value]
    if isinstance(value, str) and any(mentions(value, email) for email in emails):
        return ERASED
    return value


def _part_in_ascii(email: str) -> str:
    """The longest part that every database and JSON write the same way."""
    return max(re.findall(r"[!#-\[\]-~]+", email), key=len, default="")


def _texts(value: Any) -> Iterator[str]:
    """The texts of a value, including keys of JSON objects."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
