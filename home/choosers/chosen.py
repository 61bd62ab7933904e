"""The objects chosen in a body, loaded with one query for each model.

Wagtail makes one query for each chooser of each kind of block.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model
from django.utils.functional import cached_property
from wagtail import blocks

#: ``{model: {key: object}}`` of the body that is being rendered.
_loaded: ContextVar[dict[type[Model], dict[Any, Model]] | None] = ContextVar("loaded", default=None)


class ChosenMixin:
    """A page or snippet that may have a ``body``, whose chosen objects are loaded together."""

    @contextmanager
    def load_chosen(self) -> Iterator[None]:
        """Let the blocks of the body find their objects, until the context ends.

        They are loaded by the first call, and kept as long as the page or snippet.
        """
        token = _loaded.set(self._chosen_objects)
        try:
            yield
        finally:
            _loaded.reset(token)

    @cached_property
    def _chosen_objects(self) -> dict[type[Model], dict[Any, Model]]:
        body: blocks.StreamValue | None = getattr(self, "body", None)
        keys: dict[type[Model], set[Any]] = defaultdict(set)
        if body is not None:
            for model, key in _chosen_keys(body.stream_block, body.raw_data):
                keys[model].add(key)
        return {model: model._default_manager.order_by().in_bulk(keys[model]) for model in keys}


class LoadedTogetherMixin:
    """A chooser block that takes its objects from ``ChosenMixin.load_chosen``, if that is active."""

    model_class: type[Model]

    def bulk_to_python(self, values: Sequence[Any]) -> list[Model | None]:
        """One object for each key, None for a deleted one. No two of them are the same instance."""
        loaded = (_loaded.get() or {}).get(self.model_class, {})
        if not loaded.keys() >= set(filter(None, values)):
            return super().bulk_to_python(values)  # type: ignore[misc, no-any-return]
        return [copy.copy(loaded[key]) if key else None for key in values]


def _chosen_keys(block: Any, value: Any) -> Iterator[tuple[type[Model], Any]]:
    """``(model, key)`` of each choice in a block's value as it is stored."""
    if isinstance(block, blocks.ChooserBlock):
        if value:
            yield block.model_class, value
    elif isinstance(block, blocks.StructBlock):
        for name, child in block.child_blocks.items():
            if name in value:
                yield from _chosen_keys(child, value[name])
    elif isinstance(block, blocks.ListBlock):
        for item in value:
            stored = block._item_is_in_block_format(item)
            yield from _chosen_keys(block.child_block, item["value"] if stored else item)
    elif isinstance(block, blocks.StreamBlock):
        for item in value:
            if item["type"] in block.child_blocks:
                yield from _chosen_keys(block.child_blocks[item["type"]], item["value"])
