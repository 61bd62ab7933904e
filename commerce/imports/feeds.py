"""Reads RSS, Atom and WordPress exports as tables of entries."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from django.utils.translation import gettext as _

#: A blog of ten thousand posts has fewer.
MOST_ELEMENTS = 500_000
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


def entries_of(content: bytes) -> list[dict[str, str]]:
    """The entries of a feed by the names of ``COLUMNS``. Raises FeedError.

    Entities and document types are refused: they can expand without limit or read files. So are
    entries within entries, and more than ``MOST_ELEMENTS``.
    """
    found: list[dict[str, str]] = []
    opened: Any = None
    count = 0
    try:
        for event, node in iterparse(BytesIO(content), ("start", "end"), forbid_dtd=True):
            is_entry = _name(node) in ("item", "entry")
            if event == "start":
                count += 1
                if count > MOST_ELEMENTS or (is_entry and opened is not None):
                    raise FeedError(_("The feed is too large, or has entries within entries."))
                opened = node if is_entry else opened
            elif node is opened:
                found.append(_entry(node))
                node.clear()  # of a large feed only the texts stay
                opened = None
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FeedError(_("This is not a readable feed (RSS, Atom or WordPress).")) from error
    if not found:
        raise FeedError(_("The feed has no entries."))
    return found


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
