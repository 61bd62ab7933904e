"""JSON serializer for the Redis cache, so that write access to Redis does not allow running code here.

Django's own serializer is pickle. The cache contains numbers, texts, lists, sessions,
uploaded bytes and Wagtail's renditions. Storing anything else raises TypeError.
"""

import base64
import json
from typing import Any

from django.apps import apps
from django.core import serializers
from django.utils.functional import Promise

#: The one model whose rows are cached (wagtail.images.models.AbstractRendition).
RENDITION = "wagtailimages.Rendition"
#: A type that JSON lacks is written as a dictionary with a single key of this form.
BYTES, TUPLE, PAIRS, ROW = MARKS = ("__bytes__", "__tuple__", "__pairs__", "__row__")


class CacheSerializer:
    """Django's interface. ``dumps`` returns bytes, or an integer unchanged. ``loads`` reads both."""

    def dumps(self, value: Any) -> bytes | int:
        """Serialize a value. Raises TypeError for an unsupported type."""
        if type(value) is int:  # Redis increments plain integers.
            return value
        return json.dumps(_plain(value), separators=(",", ":")).encode()

    def loads(self, data: bytes | str | int) -> Any:
        """Deserialize a value with its original types. Raises ValueError for unknown data."""
        return data if isinstance(data, int) else json.loads(data, object_hook=_original)


def _plain(value: Any) -> Any:
    """Convert a value to JSON types."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_plain(item) for item in value]
        case tuple():
            return {TUPLE: [_plain(item) for item in value]}
        case dict() if all(isinstance(key, str) and key not in MARKS for key in value):
            return {key: _plain(item) for key, item in value.items()}
        case dict():
            return {PAIRS: [[_plain(key), _plain(item)] for key, item in value.items()]}
        case bytes():
            return {BYTES: base64.b64encode(value).decode()}
        case Promise():  # a lazy translation
            return str(value)
    if isinstance(value, apps.get_model(RENDITION)):
        (row,) = serializers.serialize("python", [value])
        return {ROW: row}
    raise TypeError(f"{type(value).__name__} cannot be cached in Redis")


def _original(loaded: dict[str, Any]) -> Any:
    """Convert a marked dictionary back to its value; return any other dictionary unchanged."""
    value: Any
    (mark, value), *others = loaded.items() or [("", None)]
    if others or mark not in MARKS:
        return loaded
    if mark == BYTES:
        return base64.b64decode(value)
    if mark == TUPLE:
        return tuple(value)
    if mark == PAIRS:
        return dict(value)
    if value.get("model") != RENDITION.lower():
        raise ValueError(f"{value.get('model')} is not cached")
    (row,) = serializers.deserialize("python", [value])
    row.object._state.adding = False
    return row.object
