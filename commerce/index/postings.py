"""The bitmaps of listings by term: reading, writing and repairing them.

Each ``Term`` is one set, stored as a bitmap, derived from the texts in ``ListingTerms``. Writers
lock the listing first, then the terms by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

from django.db import transaction
from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from commerce.bulk_sql import insert_rows, literal_in, update_rows
from commerce.index.terms import KNOWN, TEXT, TITLE, WORD, TermKey, split_terms
from commerce.models import ListingTerms, Term
from commerce.models.cache_tags import SETS, WORDS
from commerce.page_cache.versions import invalidate

#: ``{listing key: (label, weight)}``.
Joined = dict[int, tuple[str, int]]
#: Values per query.
CHUNK = 500
#: The empty set.
EMPTY = FrozenBitMap()
#: The mutable columns of a term, in the order of ``_Set.columns``.
COLUMNS = ("label", "n", "is_known", "bitmap", "known_bitmap", "title_bitmap")


def as_set(blob: bytes | memoryview | None) -> BitMap:
    """Decode a stored bitmap into a set of product keys."""
    return BitMap.deserialize(bytes(blob)) if blob else BitMap()


def as_blob(keys: AbstractBitMap) -> bytes:
    """Encode a set of product keys for storage."""
    return keys.serialize() if keys else b""


class _Set(NamedTuple):
    """A term's members: all, those with the word outside of a text, and those with it in the title."""

    label: str
    members: AbstractBitMap
    known: AbstractBitMap
    titled: AbstractBitMap

    def columns(self) -> tuple[Any, ...]:
        """Its values in the order of ``COLUMNS``."""
        blobs = map(as_blob, (self.members, self.known, self.titled))
        return (self.label, len(self.members), bool(self.known), *blobs)

    def changed_by(self, joined: Joined, left: Iterable[int]) -> _Set:
        """The set after adding listings, ``{key: (label, weight)}``, and removing others."""
        mine = _set_of(joined)
        here, out = mine.members, BitMap(left)
        return _Set(
            mine.label or self.label,
            (self.members | here) - out,
            ((self.known - here) | mine.known) - out,
            ((self.titled - here) | mine.titled) - out,
        )


def _set_of(joined: Joined) -> _Set:
    known = [key for key, (_label, weight) in joined.items() if weight >= KNOWN]
    titled = [key for key in known if joined[key][1] == TITLE]
    label = next((label for label, _weight in joined.values() if label), "")
    return _Set(
        label, BitMap(joined), *(BitMap(keys) if keys else EMPTY for keys in (known, titled))
    )


def write_terms(joined: Mapping[TermKey, Joined], left: Mapping[TermKey, Set[int]]) -> None:
    """Add listings to terms, ``{(kind, value): {key: (label, weight)}}``, and remove others.

    Locks the terms in key order. Empty terms are not deleted, because another transaction may be
    about to fill them. Needs an open transaction.
    """
    keys = joined.keys() | left.keys()
    ids = _ids_of(keys)
    missing = sorted(key for key in joined if key not in ids)
    if missing and not _insert(missing, joined):
        # Another transaction inserted some of them meanwhile; update those.
        ids |= _ids_of(missing)
    rows = []
    for pk, key, old in _locked(ids.values()):
        new = old.changed_by(joined.get(key, {}), left.get(key, ()))
        if new != old:
            rows.append((*new.columns(), pk))
    update_rows(Term, COLUMNS, rows)
    _invalidate_terms(keys)


def _invalidate_terms(keys: Iterable[TermKey]) -> None:
    """Invalidate the cached bitmaps of these terms."""
    invalidate(*{WORDS if kind == WORD else SETS for kind, _value in keys})


def _insert(keys: Collection[TermKey], joined: Mapping[TermKey, Joined]) -> bool:
    """Insert complete terms. Returns False if another transaction had inserted any of them."""
    rows = [(*key, *_set_of(joined[key]).columns()) for key in keys]
    return insert_rows(Term, ("kind", "value", *COLUMNS), rows, ignore=True) == len(rows)


def _ids_of(keys: Iterable[TermKey]) -> dict[TermKey, int]:
    values = defaultdict(list)
    for kind, value in keys:
        values[kind].append(value)
    ids: dict[TermKey, int] = {}
    for kind, of_kind in values.items():
        for start in range(0, len(of_kind), CHUNK):
            rows = Term.objects.filter(kind=kind, value__in=of_kind[start : start + CHUNK])
            ids.update(((kind, value), pk) for value, pk in rows.values_list("value", "pk"))
    return ids


def _locked(ids: Iterable[int]) -> Iterator[tuple[int, TermKey, _Set]]:
    """``(row key, (kind, value), set)`` of terms, locked in key order."""
    ids = sorted(ids)
    for start in range(0, len(ids), CHUNK):
        rows = Term.objects.select_for_update().filter(
            pk__in=literal_in(ids[start : start + CHUNK])
        )
        names = ("pk", "kind", "value", "label", "bitmap", "known_bitmap", "title_bitmap")
        for pk, kind, value, label, *blobs in rows.order_by("pk").values_list(*names):
            yield pk, (kind, value), _Set(label, *map(as_set, blobs))


# --- All of them ----------------------------------------------------------------------------------


def repair_terms() -> None:
    """Rebuild every set that differs from the texts."""
    differing = {key for key, _said in _differing()}
    if not differing:
        return
    with transaction.atomic():
        ids = _ids_of(differing)
        missing = [key for key in differing if key not in ids]
        insert_rows(
            Term, ("kind", "value", *COLUMNS), [(*key, *_set_of({}).columns()) for key in missing],
            ignore=True,
        )  # fmt: skip
        rows = list(_locked(_ids_of(differing).values()))
        # Read again under the locks: concurrent writers wait for them before writing terms.
        texts = _sets_of_texts(differing)
        new = [(texts.get(key) or _set_of({}), old, pk) for pk, key, old in rows]
        update_rows(
            Term,
            COLUMNS,
            [(*row._replace(label=row.label or old.label).columns(), pk) for row, old, pk in new],
        )
        _invalidate_terms(differing)


def broken_terms() -> Iterator[str]:
    """A sentence for every term that differs from the texts."""
    for (kind, value), what in _differing():
        yield f"term {kind}:{value}: {what}"


def _differing() -> Iterator[tuple[TermKey, str]]:
    """``((kind, value), problem)`` of every term that differs from the texts."""
    said = _sets_of_texts()
    names = ("kind", "value", "n", "is_known", "bitmap", "known_bitmap", "title_bitmap")
    for kind, value, n, is_known, *blobs in Term.objects.values_list(*names).iterator(CHUNK):
        wanted = said.pop((kind, value), None) or _set_of({})
        if (n, is_known) != (len(wanted.members), bool(wanted.known)):
            yield (kind, value), "its count differs from the texts"
        elif tuple(map(as_set, blobs)) != wanted[1:]:
            yield (kind, value), "its sets differ from the texts"
    for key in said:
        yield key, "missing"


def _sets_of_texts(wanted: Set[TermKey] | None = None) -> dict[TermKey, _Set]:
    """``{(kind, value): set}`` derived from the texts, for the wanted terms or all."""
    words: list[dict[str, list[int]]] = [defaultdict(list) for _weight in (TEXT, KNOWN, TITLE)]
    members: dict[TermKey, list[int]] = defaultdict(list)
    labels: dict[TermKey, str] = {}
    for pk, text in ListingTerms.objects.values_list("listing_id", "text").iterator(CHUNK):
        by_weight, others = split_terms(text)
        for holders, of_weight in zip(words, by_weight, strict=True):
            for word in of_weight:
                holders[word].append(pk)
        for kind, value, label in others:
            members[kind, value].append(pk)
            if label:
                labels[kind, value] = label
    found = {
        key: _Set(labels.get(key, ""), BitMap(of), EMPTY, EMPTY) for key, of in members.items()
    }
    for word in set().union(*words):
        in_text, known, titled = (BitMap(holders.get(word, ())) for holders in words)
        found[WORD, word] = _Set("", in_text | known | titled, known | titled, titled)
    return found if wanted is None else {key: found[key] for key in wanted & found.keys()}
