"""The objects chosen in a body, loaded with one query for each model, and cached until one changes.

Wagtail makes one query for each chooser of each kind of block.
"""

import copy
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.db.models import Model
from django.utils.functional import cached_property
from oscar.core.loading import get_model
from wagtail import blocks

from commerce.models.cache_tags import card_tag, product_tag
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.invalidation import tags_of
from commerce.page_cache.memoise import memoise

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
        if body is None:
            return {}
        keys: dict[type[Model], set[Any]] = defaultdict(set)
        for model, key in _chosen_keys(body.stream_block, body.raw_data):
            keys[model].add(key)
        return {
            model: memoise(
                ("chosen", model._meta.label, frozenset(chosen)), partial(_load, model, chosen)
            )
            for model, chosen in keys.items()
        }


def _load(model: type[Model], keys: Collection[Any]) -> dict[Any, Model]:
    """``{key: object}`` of the objects of a model, as long as none of them changes."""
    found = model._default_manager.order_by().in_bulk(keys)
    for key in keys:
        depends_on(*tags_of(found.get(key) or model(pk=key)))
    if model is get_model("catalogue", "Product"):
        depends_on(*map(product_tag, keys), *map(card_tag, keys))
    return found


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
