"""What each app knows about people, declared as a value.

``settings.PRIVACY_PARTS`` names the parts, so that this package need not import the apps above it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from commerce.privacy.inventory import Kind
from commerce.privacy.people import Person


@dataclass(frozen=True)
class Section:
    """One list of an export: a model's rows about a person.

    ``title`` names it on pages, ``name`` in files. ``rows(person)`` is a queryset of the model
    ``label``; the columns are the personal and plain fields. ``masked[column](person)`` selects the
    rows in which a column is about someone else and left empty.
    """

    name: str
    title: str | Promise
    label: str
    rows: Callable[[Person], QuerySet]
    masked: Mapping[str, Callable[[Person], Q]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """How long one kind of data stays, and what happens then.

    ``due(at)`` is the queryset of expired rows; it may be called several times. ``act(rows)``
    handles one batch of them, locked, in a transaction, and leaves none of them due.
    """

    name: str
    what: str | Promise
    how_long: str | Promise
    why: str | Promise
    done: str | Promise
    due: Callable[[datetime], QuerySet]
    act: Callable[[QuerySet], Any] = lambda rows: rows.delete()


@dataclass(frozen=True)
class Part:
    """What an app contributes.

    ``inventory`` has its models, ``tables`` its database tables without a model. ``blocks(person)``
    are sentences that say why the person can't be erased yet. ``erase(person)`` removes what
    deleting the account doesn't, in the caller's transaction. ``anonymise_order`` removes names
    from one order past its statutory term.
    """

    inventory: dict[str, Kind]
    sections: tuple[Section, ...] = ()
    blocks: Callable[[Person], Iterable[str]] = lambda person: ()
    erase: Callable[[Person], None] = lambda person: None
    anonymise_order: Callable[[Any], None] = lambda order: None
    rules: tuple[Rule, ...] = field(default=())
    tables: Mapping[str, Kind] = field(default_factory=dict)


@cache
def parts() -> tuple[Part, ...]:
    """The parts of all apps, in the order of ``settings.PRIVACY_PARTS``."""
    return tuple(import_string(path) for path in settings.PRIVACY_PARTS)


def whole_inventory() -> dict[str, Kind]:
    """The inventory of all parts. Raises ValueError if two parts claim one model."""
    return _united(part.inventory for part in parts())


def _united(inventories: Iterable[Mapping[str, Kind]]) -> dict[str, Kind]:
    whole: dict[str, Kind] = {}
    for inventory in inventories:
        if twice := whole.keys() & inventory.keys():
            raise ValueError(f"classified twice: {', '.join(sorted(twice))}")
        whole |= inventory
    return whole


def all_sections() -> Iterator[Section]:
    """The sections of an export, part by part."""
    for part in parts():
        yield from part.sections


def all_rules() -> Iterator[Rule]:
    """The retention rules, part by part."""
    for part in parts():
        yield from part.rules
