"""Maps rows to the cache tags of the pages that show them, and invalidates these tags on changes.

A model of ours declares the tags of a row in ``cache_tags``. For models of libraries, the package
that shows them calls ``shown_on_pages``. ``update()`` and ``bulk_create()`` send no signal: code that
uses them calls ``versions.invalidate``.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import Signal, receiver

from commerce.models.cache_tags import SITE
from commerce.page_cache.versions import invalidate


class _Shown(NamedTuple):
    tags_of: Callable[[Model], Collection[str]]
    unseen: frozenset[str]
    on_save: bool


_library_models: dict[str, _Shown] = {}


def shown_on_pages(
    *labels: str,
    tags_of: Callable[[Model], Collection[str]] = lambda row: (SITE,),
    unseen: Collection[str] = (),
    on_save: bool = True,
) -> None:
    """Declare the tags of library models. Saving only ``unseen`` columns does not invalidate them."""
    for label in labels:
        _library_models[label] = _Shown(tags_of, frozenset(unseen), on_save)


def tags_of(row: Model) -> Collection[str]:
    """The cache tags of a row; none for a model that is on no page."""
    found = next(_shown_as(type(row)), None)
    return found.tags_of(row) if found else getattr(row, "cache_tags", ())


def _shown_as(model: type[Model]) -> Iterator[_Shown]:
    for parent in model.__mro__:
        label = getattr(getattr(parent, "_meta", None), "label_lower", "")
        if label in _library_models:
            yield _library_models[label]


@receiver([post_save, post_delete])
def invalidate_row(
    signal: Signal, sender: type[Model], instance: Model, update_fields: Any = None, **kwargs: Any
) -> None:
    """Invalidate the tags of a saved or deleted row."""
    for shown in _shown_as(sender) if signal is post_save else ():
        if not shown.on_save or (update_fields and shown.unseen.issuperset(update_fields)):
            return
    if tags := tags_of(instance):
        invalidate(*tags)


@receiver(m2m_changed)
def invalidate_relation(instance: Model, action: str, model: type[Model], **kwargs: Any) -> None:
    """Invalidate the tags of ``instance``, and those that every row of the other model has."""
    if action.startswith("post_") and (tags := {*tags_of(instance), *tags_of(model())}):
        invalidate(*tags)
