"""The sets of listings that stand behind lists, filters and words: read, written, mended.

Each ``Term`` is one set, stored as a bitmap. What they are made from are the texts of
``ListingTerms``; a writer of a listing's text locks the listing, then the terms by key.
"""

from collections import defaultdict
from typing import NamedTuple

from django.db import transaction
from pyroaring import BitMap, FrozenBitMap

from commerce.bulk_sql import insert_rows, literal_in, update_rows
from commerce.index.terms import KNOWN, TEXT, TITLE, WORD, split_terms
from commerce.models import ListingTerms, Term
from commerce.models.cache_tags import SETS, WORDS
from commerce.page_cache.versions import invalidate

#: Values in one query.
CHUNK = 500
#: The empty set.
NOBODY = FrozenBitMap()
#: What changes of a term, in the order of ``_Set``.
COLUMNS = ("label", "n", "is_known", "bitmap", "known_bitmap", "title_bitmap")


def as_set(blob):
    """A stored bitmap as a set of product keys."""
    return BitMap.deserialize(bytes(blob)) if blob else BitMap()


def as_blob(keys):
    """A set of product keys as it is stored."""
    return keys.serialize() if keys else b""


class _Set(NamedTuple):
    """A term's members; those that know a word from more than a text, and those from the title."""

    label: str
    members: BitMap
    known: BitMap
    titled: BitMap

    def columns(self):
        """Its values in the order of ``COLUMNS``."""
        blobs = map(as_blob, (self.members, self.known, self.titled))
        return (self.label, len(self.members), bool(self.known), *blobs)

    def changed_by(self, joined, left):
        """The set with listings, ``{key: (label, weight)}``, in it and some keys out of it."""
        mine = _set_of(joined)
        here, out = mine.members, BitMap(left)
        return _Set(
            mine.label or self.label,
            (self.members | here) - out,
            ((self.known - here) | mine.known) - out,
            ((self.titled - here) | mine.titled) - out,
        )


def _set_of(joined):
    known = [key for key, (_label, weight) in joined.items() if weight >= KNOWN]
    titled = [key for key in known if joined[key][1] == TITLE]
    label = next((label for label, _weight in joined.values() if label), "")
    return _Set(
        label, BitMap(joined), *(BitMap(keys) if keys else NOBODY for keys in (known, titled))
    )


def write_terms(joined, left):
    """Put listings into terms and take them out: ``{(kind, value): …}`` of what ``_Set`` is told.

    Terms are locked in the order of their keys. One that nothing has any more stays, empty: somebody
    else may be about to fill it. Needs an open transaction.
    """
    keys = joined.keys() | left.keys()
    ids = _ids_of(keys)
    missing = sorted(key for key in joined if key not in ids)
    if missing and not _insert(missing, joined):
        # Somebody else made some of them meanwhile: they are there now, and want the difference.
        ids |= _ids_of(missing)
    rows = []
    for pk, key, old in _locked(ids.values()):
        new = old.changed_by(joined.get(key, {}), left.get(key, ()))
        if new != old:
            rows.append((*new.columns(), pk))
    update_rows(Term, COLUMNS, rows)
    _invalidate_terms(keys)


def _invalidate_terms(keys):
    """What processes remember of these terms is old."""
    invalidate(*{WORDS if kind == WORD else SETS for kind, _value in keys})


def _insert(keys, joined):
    """Make terms, whole. Returns whether nobody else had made any."""
    rows = [(*key, *_set_of(joined[key]).columns()) for key in keys]
    return insert_rows(Term, ("kind", "value", *COLUMNS), rows, ignore=True) == len(rows)


def _ids_of(keys):
    values = defaultdict(list)
    for kind, value in keys:
        values[kind].append(value)
    ids = {}
    for kind, of_kind in values.items():
        for start in range(0, len(of_kind), CHUNK):
            rows = Term.objects.filter(kind=kind, value__in=of_kind[start : start + CHUNK])
            ids.update(((kind, value), pk) for value, pk in rows.values_list("value", "pk"))
    return ids


def _locked(ids):
    """``(key of the row, (kind, value), set)`` of terms, locked by key."""
    ids = sorted(ids)
    for start in range(0, len(ids), CHUNK):
        rows = Term.objects.select_for_update().filter(
            pk__in=literal_in(ids[start : start + CHUNK])
        )
        names = ("pk", "kind", "value", "label", "bitmap", "known_bitmap", "title_bitmap")
        for pk, kind, value, label, *blobs in rows.order_by("pk").values_list(*names):
            yield pk, (kind, value), _Set(label, *map(as_set, blobs))


# --- All of them ----------------------------------------------------------------------------------


def repair_terms():
    """Make every set anew that differs from the texts."""
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
        # Read again behind the locks: whoever writes a text meanwhile waits to write its terms.
        texts = _sets_of_texts(differing)
        new = [(texts.get(key) or _set_of({}), old, pk) for pk, key, old in rows]
        update_rows(
            Term,
            COLUMNS,
            [(*row._replace(label=row.label or old.label).columns(), pk) for row, old, pk in new],
        )
        _invalidate_terms(differing)


def broken_terms():
    """Sentences about terms whose sets differ from the texts."""
    for (kind, value), what in _differing():
        yield f"term {kind}:{value}: {what}"


def _differing():
    """``((kind, value), what is wrong)`` of every term that is not what the texts say."""
    said = _sets_of_texts()
    names = ("kind", "value", "n", "is_known", "bitmap", "known_bitmap", "title_bitmap")
    for kind, value, n, is_known, *blobs in Term.objects.values_list(*names).iterator(CHUNK):
        wanted = said.pop((kind, value), None) or _set_of({})
        if (n, is_known) != (len(wanted.members), bool(wanted.known)):
            yield (kind, value), "its number differs from the texts"
        elif tuple(map(as_set, blobs)) != wanted[1:]:
            yield (kind, value), "its sets differ from the texts"
    for key in said:
        yield key, "missing"


def _sets_of_texts(wanted=None):
    """``{(kind, value): set}`` of what the texts say, of the wanted terms or of all."""
    words, members, labels = (
        [defaultdict(list) for _weight in (TEXT, KNOWN, TITLE)],
        defaultdict(list),
        {},
    )
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
        key: _Set(labels.get(key, ""), BitMap(of), NOBODY, NOBODY) for key, of in members.items()
    }
    for word in set().union(*words):
        in_text, known, titled = (BitMap(holders.get(word, ())) for holders in words)
        found[WORD, word] = _Set("", in_text | known | titled, known | titled, titled)
    return found if wanted is None else {key: found[key] for key in wanted & found.keys()}
