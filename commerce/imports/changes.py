"""A product's change as the writing modules share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model

from commerce.imports.product_states import Existing, State


@dataclass
class Change:
    """A product's way from ``before``, None for a new one, to ``after``, None to delete it.

    ``product_id`` and ``variant_ids`` are completed by the writing, and ``remarks`` with what could
    not be done. ``files`` are the bytes of new photographs by source.
    """

    after: State | None
    existing: Existing | None = None
    handle: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    product_id: int = 0
    class_id: int = 0
    slug: str = ""
    variant_ids: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def before(self) -> State | None:
        """The present state; None for a new product."""
        return self.existing.state if self.existing else None

    @property
    def state(self) -> State:
        """The state to be written."""
        if self.after is None:
            raise ValueError("the product is to be deleted")
        return self.after


def inserted(rows: Sequence[Any]) -> Sequence[Any]:
    """The rows with their keys, in one query where the database returns keys of several rows."""
    if not rows:
        return rows
    if connection.features.can_return_rows_from_bulk_insert:
        return type(rows[0]).objects.bulk_create(rows)
    for row in rows:
        Model.save_base(row, raw=True, force_insert=True)
    return rows
