"""Writing the read model: by difference for a few products, from nothing for all, and its check.

``refresh_listings`` is called in the transaction of every change that matters
(``commerce.listing_receivers``), so that no list is stale after a commit. It locks the listings by
key before it reads the catalogue, then the terms by key; two changes of one product wait for each
other, and the later one sees both.
"""

from collections import defaultdict

from django.db import transaction
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.listing_truth import CATEGORY, KNOWN, TITLE, WORD, truth_of, variants_of
from commerce.listings import records_by_product
from commerce.models import Listing, ListingTerm, PriceWindow, Term
from commerce.page_cache.changes import touch
from commerce.page_cache.dependencies import LISTS, card_tag, list_tag, piece_tag
from commerce.transactions import retry_transient

#: Products that one transaction of a rebuild refreshes.
BATCH = 500


def as_set(blob):
    """A stored bitmap as a set of product keys."""
    return BitMap.deserialize(bytes(blob)) if blob else BitMap()


def as_blob(keys):
    """A set of product keys as it is stored."""
    return keys.serialize() if keys else b""


def refresh_listings(product_ids):
    """Make the read model say what the catalogue says of these products; returns how many changed.

    Keys of variants are understood as their parents'. Safe to call for anything, deleted products
    included. Joins the caller's transaction; alone, it is run again where it lost a race.
    """
    if transaction.get_connection().in_atomic_block:
        return _refresh(product_ids)
    return retry_transient(_refresh)(product_ids)


@transaction.atomic
def _refresh(product_ids):
    wanted = listed_keys(product_ids)
    if not wanted:
        return 0
    touch(*map(piece_tag, wanted))
    existing = {
        row.pk: row
        for row in Listing.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    }
    truths = truth_of(wanted)
    joined, left = defaultdict(dict), defaultdict(set)
    changed = _write_rows(existing, truths)
    changed |= _write_windows(wanted, truths)
    written = _term_rows(wanted)
    for pk in wanted:
        truth = truths[pk].terms if pk in truths else {}
        for key in written[pk].keys() - truth.keys():
            left[key].add(pk)
        for key, entry in truth.items():
            if written[pk].get(key) != entry:
                joined[key][pk] = entry
    if joined or left:
        _write_terms(joined, left)
    gone = existing.keys() - truths.keys()
    Listing.objects.filter(pk__in=gone).delete()
    changed |= gone | {pk for group in (joined, left) for rows in group.values() for pk in rows}
    _tell(changed, truths, left)
    return len(changed)


def _tell(changed, truths, left):
    """Pages that show these cards, or lists that they are or were in, are old."""
    keys = {key for pk in changed if pk in truths for key in truths[pk].terms} | set(left)
    if changed:
        lists = {list_tag(value) for kind, value in keys if kind == CATEGORY}
        touch(LISTS, *map(card_tag, changed), *lists)


@transaction.atomic
def forget_listings(product_ids):
    """Take products that are about to be deleted out of every list. Joins the caller's transaction."""
    wanted = sorted(product_ids)
    rows = Listing.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    if not list(rows):
        return
    left = defaultdict(set)
    for pk, terms in _term_rows(wanted).items():
        for key in terms:
            left[key].add(pk)
    _write_terms({}, left)
    Listing.objects.filter(pk__in=wanted).delete()
    touch(*map(piece_tag, wanted))
    _tell(wanted, {}, left)


def refresh_availability(stockrecord_ids):
    """Refresh the products of these stock records of which a variant's availability changed."""
    products = get_model("catalogue", "Product").objects
    ids = listed_keys(
        products.filter(stockrecords__in=stockrecord_ids).values_list("pk", flat=True)
    )
    touch(*map(piece_tag, ids))  # A page says how many are left.
    records = records_by_product(ids)
    listed = dict(Listing.objects.filter(pk__in=ids).values_list("pk", "card"))
    refresh_listings(
        [pk for pk, card in listed.items() if card.get("variants") != variants_of(records[pk])]
    )


def listed_keys(product_ids):
    """Keys of the products that stand in lists for these: variants are their parent's."""
    ids = {pk for pk in product_ids if pk}
    if not ids:
        return []
    rows = get_model("catalogue", "Product").objects.filter(pk__in=ids)
    parents = dict(rows.values_list("pk", "parent_id"))
    return sorted({parents.get(pk) or pk for pk in ids})


def _write_rows(existing, truths):
    changed = set()
    for pk, truth in sorted(truths.items()):
        row = existing.get(pk)
        if row is None:
            row, is_new = Listing.objects.get_or_create(product_id=pk, defaults=truth.columns)
            changed.add(pk)
            if is_new:
                continue
        differing = [name for name, value in truth.columns.items() if getattr(row, name) != value]
        if differing:
            for name in differing:
                setattr(row, name, truth.columns[name])
            row.save(update_fields=differing)
            changed.add(pk)
    return changed


def _write_windows(wanted, truths):
    existing = defaultdict(list)
    for row in PriceWindow.objects.filter(listing__in=wanted).order_by("number", "start"):
        existing[row.listing_id].append(row)
    says = {pk: truths[pk].windows if pk in truths else [] for pk in wanted}
    changed = {
        pk
        for pk, rows in says.items()
        if [_says(row) for row in existing[pk]] != [_says(row) for row in rows]
    }
    PriceWindow.objects.filter(listing__in=changed).delete()
    PriceWindow.objects.bulk_create(
        PriceWindow(listing_id=pk, **vars(window)) for pk in sorted(changed) for window in says[pk]
    )
    return changed


def _says(row):
    return (row.number, row.start, row.until, row.currency, row.price, row.was, row.is_from)


def _term_rows(product_ids):
    """What the tables say: ``{product_id: {(kind, value): (label, weight)}}``."""
    rows = ListingTerm.objects.filter(listing__in=product_ids)
    terms = defaultdict(dict)
    for pk, kind, value, label, weight in rows.values_list(
        "listing_id", "term__kind", "term__value", "term__label", "weight"
    ):
        terms[pk][kind, value] = (label, weight)
    return terms


def _write_terms(joined, left):
    """Put listings into terms and take them out; terms are locked in the order of their keys.

    A term that nothing has any more stays, empty: somebody else may be about to fill it.
    """
    keys = joined.keys() | left.keys()
    _make_terms({key: next(iter(joined[key].values()))[0] for key in keys if joined.get(key)})
    terms = {(term.kind, term.value): term for term in _locked_terms(keys)}
    _delete_rows(terms, left)
    _write_term_rows(terms, joined)
    for key, term in terms.items():
        out, rows = BitMap(left.get(key, ())), joined.get(key, {})
        titled = BitMap(pk for pk, (_label, weight) in rows.items() if weight == TITLE)
        in_title = ((as_set(term.title_bitmap) - BitMap(rows)) | titled) - out
        _set_members(term, (as_set(term.bitmap) | BitMap(rows)) - out, in_title)
        term.label = next((label for label, _weight in rows.values() if label), term.label)
    known = set(
        ListingTerm.objects.filter(term__in=terms.values(), weight__gte=KNOWN)
        .values_list("term_id", flat=True)
        .distinct()
    )
    for term in terms.values():
        term.is_known = term.kind == WORD and term.pk in known
    Term.objects.bulk_update(
        terms.values(), ["label", "n", "is_known", "bitmap", "title_bitmap"], batch_size=BATCH
    )


def _delete_rows(terms, left):
    """One query for all terms that the same listings leave."""
    leavers = defaultdict(list)
    for key, listings in left.items():
        leavers[frozenset(listings)].append(terms[key])
    for listings, leaving in leavers.items():
        ListingTerm.objects.filter(term__in=leaving, listing__in=listings).delete()


def _write_term_rows(terms, joined):
    # MySQL has no conflict target: its unique key is the target.
    has_target = transaction.get_connection().features.supports_update_conflicts_with_target
    ListingTerm.objects.bulk_create(
        [
            ListingTerm(listing_id=pk, term=terms[key], weight=weight)
            for key, rows in sorted(joined.items())
            for pk, (_label, weight) in sorted(rows.items())
        ],
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=["weight"],
        **({"unique_fields": ["listing", "term"]} if has_target else {}),
    )


def _set_members(term, members, in_title):
    term.n, term.bitmap, term.title_bitmap = len(members), as_blob(members), as_blob(in_title)


def _make_terms(labels):
    """Terms that are not there yet. A concurrent writer may make the same one."""
    known = {(term.kind, term.value) for term in _find_terms(labels)}
    Term.objects.bulk_create(
        [
            Term(kind=kind, value=value, label=label)
            for (kind, value), label in sorted(labels.items())
            if (kind, value) not in known
        ],
        ignore_conflicts=True,
    )


def _find_terms(keys):
    values = defaultdict(list)
    for kind, value in keys:
        values[kind].append(value)
    found = []
    for kind, of_kind in sorted(values.items()):
        for start in range(0, len(of_kind), BATCH):
            found += Term.objects.filter(kind=kind, value__in=of_kind[start : start + BATCH])
    return found


def _locked_terms(keys):
    ids = sorted(term.pk for term in _find_terms(keys))
    terms = []
    for start in range(0, len(ids), BATCH):
        chunk = Term.objects.select_for_update().filter(pk__in=ids[start : start + BATCH])
        terms += chunk.order_by("pk")
    return terms


# --- All of it ------------------------------------------------------------------------------------


def rebuild_listings(*, on_done=None, after=0):
    """Refresh every product, batch by batch, each in its own transaction; it may be resumed.

    ``on_done`` is called with the last key of each batch; ``after`` begins behind such a key.
    Returns how many listings changed.
    """
    changed = 0
    while ids := _next_keys(after):
        changed += refresh_listings(ids)
        after = ids[-1]
        if on_done:
            on_done(ids)
    _mend_terms()
    return changed


def _mend_terms():
    """Make every bitmap anew that differs from its rows."""
    for pk in list(Term.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            term = Term.objects.select_for_update().filter(pk=pk).first()
            if term is not None and _differs(term):
                rows = dict(term.listing_terms.values_list("listing_id", "weight"))
                titled = BitMap(key for key, weight in rows.items() if weight == TITLE)
                _set_members(term, BitMap(rows), titled)
                term.is_known = term.kind == WORD and any(w >= KNOWN for w in rows.values())
                term.save()


def _differs(term):
    rows = dict(term.listing_terms.values_list("listing_id", "weight"))
    titled = BitMap(pk for pk, weight in rows.items() if weight == TITLE)
    is_known = term.kind == WORD and any(weight >= KNOWN for weight in rows.values())
    said = (term.n, as_set(term.bitmap), as_set(term.title_bitmap), term.is_known)
    return said != (len(rows), BitMap(rows), titled, is_known)


def _next_keys(after):
    """The next keys that are, or were, in lists."""
    products = get_model("catalogue", "Product").objects.filter(parent=None, pk__gt=after)
    listings = Listing.objects.filter(pk__gt=after)
    keys = {*products.order_by("pk").values_list("pk", flat=True)[:BATCH]}
    keys |= {*listings.order_by("pk").values_list("pk", flat=True)[:BATCH]}
    return sorted(keys)[:BATCH]


def broken_listings():
    """Sentences about every place where the read model differs from the catalogue or from itself."""
    after = 0
    while ids := _next_keys(after):
        yield from _broken_of(ids)
        after = ids[-1]
    yield from _broken_terms()


def _broken_of(ids):
    truths, rows, terms = truth_of(ids), Listing.objects.in_bulk(ids), _term_rows(ids)
    windows = defaultdict(list)
    for window in PriceWindow.objects.filter(listing__in=ids).order_by("number", "start"):
        windows[window.listing_id].append(_says(window))
    for pk in ids:
        truth, row = truths.get(pk), rows.get(pk)
        if (truth is None) != (row is None):
            yield f"listing {pk}: {'missing' if row is None else 'not for sale any more'}"
        elif truth is not None:
            for name, value in truth.columns.items():
                if getattr(row, name) != value:
                    yield f"listing {pk}: {name} is {getattr(row, name)!r}, not {value!r}"
            if terms[pk] != truth.terms:
                differing = sorted(terms[pk].items() ^ truth.terms.items())
                yield f"listing {pk}: terms differ in {differing}"
            if windows[pk] != [_says(window) for window in truth.windows]:
                yield f"listing {pk}: price windows differ"


def _broken_terms():
    for term in Term.objects.order_by("pk"):
        if _differs(term):
            yield f"term {term}: its sets differ from its rows"
