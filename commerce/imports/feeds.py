"""Reads RSS, Atom and WordPress exports as tables of entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils.translation import gettext as _

COLUMNS = ("title", "link", "date", "author", "summary", "content", "type")
#: Names by their local part; the first that has text counts.
FIELDS = {
    "title": ("title",),
    "date": ("post_date_gmt", "published", "pubDate", "date", "updated"),
    "author": ("creator", "author", "name"),
    "summary": ("summary", "description"),
    "content": ("encoded", "content"),
    "type": ("post_type",),
}


class FeedError(Exception):
    """A feed that cannot be read; the text says why."""


def entries_of(content: bytes) -> Iterator[dict[str, str]]:
    """The entries of a feed by the names of ``COLUMNS``. Raises FeedError.

    Entities and document types are refused: they can expand without limit or read files.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FeedError(_("This is not a readable feed (RSS, Atom or WordPress).")) from error
    found = [node for node in root.iter() if _name(node) in ("item", "entry")]
    if not found:
        raise FeedError(_("The feed has no entries."))
    for node in found:
        yield _entry(node)


def _entry(node: Any) -> dict[str, str]:
    texts: dict[str, str] = {}
    link = ""
    for child in node.iter():
        name = _name(child)
        if name == "link" and not link and child.get("rel", "alternate") == "alternate":
            link = child.get("href") or (child.text or "").strip()
        elif child is not node and (child.text or "").strip():
            texts.setdefault(name, child.text or "")
    entry = {
        column: next((texts[name].strip() for name in names if name in texts), "")
        for column, names in FIELDS.items()
    }
    return {**entry, "link": link, "date": _date(entry["date"])}


def _name(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _date(text: str) -> str:
    """The date as cells have it; the text itself if it is no date of feeds."""
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError):
        pass
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text
