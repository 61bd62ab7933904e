"""Writing the read model: by difference for a few products, from nothing for all, and its check.

``refresh_listings`` is called in the transaction of every change that matters
(``commerce.index.receivers``), so that no list is stale after a commit. It locks the listings by
key before it reads the catalogue, then the terms by key; two changes of one product wait for each
other, and the later one sees both.
"""

import gc
import json
from collections import defaultdict
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Exists, ExpressionWrapper, F, JSONField, OuterRef, TextField
from django_tasks import task
from oscar.core.loading import get_model

from commerce.bulk_sql import insert_rows, literal_in, update_rows
from commerce.index.listing_builder import (
    CATEGORY,
    COLUMNS,
    build_documents,
    records_of,
    variants_of,
)
from commerce.index.postings import broken_terms, repair_terms, write_terms
from commerce.index.price_windows import EVER, NEVER, Window, band_of
from commerce.index.terms import terms_in
from commerce.models import Listing, ListingTerms, PriceWindow
from commerce.models.cache_tags import (
    LISTS,
    TURNS,
    WINDOWS,
    card_tag,
    list_tag,
    order_tag,
    price_tag,
    product_tag,
)
from commerce.page_cache.versions import invalidate
from commerce.transactions import retry_transient

#: Products that one transaction of a rebuild refreshes, and that one query asks for.
BATCH = 1000
WINDOW = Window._fields
#: Columns of which no page shows anything but the order of lists.
UNSEEN = frozenset({"popularity"})
#: Columns that are read as they are stored: most are compared and seldom looked into.
STORED = [name for name in COLUMNS if isinstance(Listing._meta.get_field(name), JSONField)]


def refresh_listings(product_ids, *, is_sale=False):
    """Make the read model say what the catalogue says of these products; returns how many changed.

    Keys of variants are understood as their parents'. Safe to call for anything, deleted products
    included. Joins the caller's transaction; alone, each batch has its own, and is run again where it
    lost a race. With ``is_sale`` nothing changed but prices, stock or how much was sold: what else
    their pages show stays remembered, unless what lists say of one changed.
    """
    wanted = listed_keys(product_ids)
    refresh = _refresh
    if not transaction.get_connection().in_atomic_block:
        refresh = retry_transient(_refresh)
    batches = (wanted[n : n + BATCH] for n in range(0, len(wanted), BATCH))
    return sum(refresh(batch, is_sale=is_sale) for batch in batches)


@transaction.atomic
def _refresh(wanted, *, is_sale):
    existing = _locked(wanted)
    truths = build_documents(wanted)
    changed, redrawn = _write_rows(existing, truths)
    invalidate(*map(price_tag, wanted), *map(product_tag, redrawn if is_sale else wanted))
    repriced = _write_windows(wanted, truths)
    joined, left = _write_texts(wanted, truths)
    if joined or left:
        write_terms(joined, left)
    gone = existing.keys() - truths.keys()
    if gone:
        invalidate(*map(product_tag, gone))
        Listing.objects.filter(pk__in=gone).delete()
    moved = gone | {pk for group in (joined, left) for rows in group.values() for pk in rows}
    _invalidate_lists(order_tag, changed | moved, truths, left)
    redrawn |= repriced | moved
    changed |= redrawn
    if changed:
        invalidate(LISTS, *map(card_tag, redrawn))
        _invalidate_lists(list_tag, changed, truths, left)
    return len(changed)


def _locked(wanted):
    rows = Listing.objects.select_for_update().filter(pk__in=literal_in(wanted)).order_by("pk")
    texts = {f"stored_{name}": ExpressionWrapper(F(name), TextField()) for name in STORED}
    names = [f"stored_{name}" if name in STORED else name for name in COLUMNS]
    return {row[0]: row[1:] for row in rows.annotate(**texts).values_list("pk", *names)}


def _is_stored(row, stored, *, but=()):
    """Whether a row is what ``_locked`` read of it, but for some columns."""
    return all(
        value == old or name in but or (name in STORED and _is_stored_json(value, old))
        for name, value, old in zip(COLUMNS, row, stored, strict=True)
    )


def _is_stored_json(value, text):
    # A database may write JSON in its own way.
    return json.dumps(value) == text or json.loads(text) == value


def _invalidate_lists(tag, changed, truths, left):
    """What is remembered of the categories that these products are or were in is old."""
    if changed:
        keys = {key for pk in changed if pk in truths for key in truths[pk].sets} | set(left)
        invalidate(*(tag(value) for kind, value in keys if kind == CATEGORY))


@transaction.atomic
def forget_listings(product_ids):
    """Take products that are about to be deleted out of every list. Joins the caller's transaction."""
    wanted = sorted(product_ids)
    if not _locked(wanted):
        return
    _joined, left = _write_texts(wanted, {})
    write_terms({}, left)
    Listing.objects.filter(pk__in=wanted).delete()
    invalidate(LISTS, *(tag(pk) for tag in (product_tag, price_tag, card_tag) for pk in wanted))
    for tag in (order_tag, list_tag):
        _invalidate_lists(tag, wanted, {}, left)


def refresh_availability(stockrecord_ids):
    """Refresh the products of these stock records of which a variant's availability changed.

    One that is sold by several records may be sold by another from now on, at another price.
    """
    products = get_model("catalogue", "Product").objects
    ids = listed_keys(
        products.filter(stockrecords__in=stockrecord_ids).values_list("pk", flat=True)
    )
    invalidate(*map(price_tag, ids))  # A page says how many are left.
    records = records_of(ids)
    listed = dict(Listing.objects.filter(pk__in=literal_in(ids)).values_list("pk", "card"))
    several = _sold_by_several(stockrecord_ids)
    refresh_listings(
        [
            pk
            for pk, card in listed.items()
            if pk in several or card.get("variants") != variants_of(records[pk])
        ],
        is_sale=True,
    )


def _sold_by_several(stockrecord_ids):
    """Keys of the listed products of which one of these records is not the only one."""
    records = get_model("partner", "StockRecord").objects.filter(pk__in=stockrecord_ids)
    others = (
        get_model("partner", "StockRecord")
        .objects.filter(product=OuterRef("product"))
        .exclude(pk=OuterRef("pk"))
    )
    rows = records.filter(Exists(others)).values_list("product_id", "product__parent_id")
    return {parent or pk for pk, parent in rows}


def listed_keys(product_ids):
    """Keys of the products that stand in lists for these: variants are their parent's."""
    ids = sorted({pk for pk in product_ids if pk})
    products, parents = get_model("catalogue", "Product").objects, {}
    for start in range(0, len(ids), BATCH):
        variants = products.filter(
            pk__in=literal_in(ids[start : start + BATCH]), parent__isnull=False
        )
        parents.update(variants.values_list("pk", "parent_id"))
    return sorted({parents.get(pk, pk) for pk in ids})


def _write_rows(existing, truths):
    """Write what listings say. Returns the keys of those that changed, and of those that do not look as
    before: how much of one was sold is on no page."""
    rows = {pk: tuple(truth.columns[name] for name in COLUMNS) for pk, truth in truths.items()}
    new = missing = sorted(rows.keys() - existing.keys())
    made = insert_rows(
        Listing, ("product", *COLUMNS), [(pk, *rows[pk]) for pk in missing], ignore=True
    )
    if made < len(missing):
        # Somebody else made some of them meanwhile, perhaps out of what the catalogue said before.
        existing |= _locked(missing)
        missing = []
    there = rows.keys() - set(missing)
    differing = [pk for pk in sorted(there) if not _is_stored(rows[pk], existing[pk])]
    update_rows(Listing, COLUMNS, [(*rows[pk], pk) for pk in differing])
    redrawn = {pk for pk in differing if not _is_stored(rows[pk], existing[pk], but=UNSEEN)}
    return {*new, *differing}, {*new, *redrawn}


def _write_windows(wanted, truths):
    existing = _windows_of(wanted)
    says = {pk: truths[pk].windows if pk in truths else [] for pk in wanted}
    changed = {pk for pk, rows in says.items() if existing[pk] != rows}
    outdated = [pk for pk in changed if existing[pk]]
    if outdated:
        PriceWindow.objects.filter(listing__in=outdated).delete()
    insert_rows(
        PriceWindow,
        ("listing", *WINDOW),
        [(pk, *row) for pk in sorted(changed) for row in says[pk]],
    )
    if changed:
        invalidate(WINDOWS)
    if any(_turns(existing[pk]) != _turns(says[pk]) for pk in changed):
        invalidate(TURNS)
    return changed


def _turns(windows):
    """What filters remember of a price that changes by itself: when it does, in which band it is then,
    and whether it is reduced; nothing of others."""
    windows = [Window(*row) for row in windows]
    if all((row.start, row.until) == (EVER, NEVER) for row in windows):
        return []
    return [
        (row.number, row.start, row.until, band_of(row.price), row.was is not None)
        for row in windows
    ]


def _windows_of(product_ids):
    """The price windows that are stored, ``{product_id: [values of WINDOW]}``."""
    rows = PriceWindow.objects.filter(listing__in=literal_in(product_ids)).order_by(
        "number", "start"
    )
    windows = defaultdict(list)
    for pk, *row in rows.values_list("listing_id", *WINDOW):
        windows[pk].append(tuple(row))
    return windows


def _write_texts(wanted, truths):
    """Write down what listings are found by. Returns what they joined and what they left.

    ``({(kind, value): {key: (label, weight)}}, {(kind, value): {key}})``
    """
    texts = _texts_of(wanted)
    joined, left, new, other = defaultdict(dict), defaultdict(set), {}, {}
    for pk in wanted:
        text = truths[pk].text if pk in truths else ""
        if text == texts.get(pk, ""):
            continue
        before, terms = terms_in(texts.get(pk)), terms_in(text)
        for key in before.keys() - terms.keys():
            left[key].add(pk)
        for key, entry in terms.items():
            if before.get(key) != entry:
                joined[key][pk] = entry
        if pk in truths:
            (other if pk in texts else new)[pk] = text
    insert_rows(ListingTerms, ("listing", "text"), list(new.items()))
    update_rows(ListingTerms, ("text",), [(text, pk) for pk, text in other.items()])
    return joined, left


def _texts_of(product_ids):
    rows = ListingTerms.objects.filter(listing__in=literal_in(product_ids))
    return dict(rows.values_list("listing_id", "text"))


# --- All of it ------------------------------------------------------------------------------------


def rebuild_listings(*, on_done=None, after=0):
    """Refresh every product, batch by batch, each in its own transaction; it may be resumed.

    ``on_done`` is called with the last key of each batch; ``after`` begins behind such a key.
    Returns how many listings changed.
    """
    changed = 0
    while ids := _next_keys(after):
        with _uncollected():
            changed += refresh_listings(ids)
        after = ids[-1]
        if on_done:
            on_done(ids)
    with _uncollected():
        repair_terms()
    return changed


@contextmanager
def _uncollected():
    """Look for no cycles meanwhile: a batch makes some hundred thousand values without any, and looking
    through them again and again takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
    yield from broken_terms()


def _broken_of(ids):
    truths, rows, texts = build_documents(ids), Listing.objects.in_bulk(ids), _texts_of(ids)
    windows = _windows_of(ids)
    for pk in ids:
        truth, row = truths.get(pk), rows.get(pk)
        if (truth is None) != (row is None):
            yield f"listing {pk}: {'missing' if row is None else 'not for sale any more'}"
        elif truth is not None:
            for name, value in truth.columns.items():
                if getattr(row, name) != value:
                    yield f"listing {pk}: {name} is {getattr(row, name)!r}, not {value!r}"
            terms, wanted = terms_in(texts.get(pk)), terms_in(truth.text)
            if terms != wanted:
                yield f"listing {pk}: terms differ in {sorted(terms.items() ^ wanted.items())}"
            if windows[pk] != truth.windows:
                yield f"listing {pk}: price windows differ"


@task()
def refresh_listings_task(product_ids, is_sale=False):
    """Refresh listings for what changes too often to be followed at once: how much was sold."""
    refresh_listings(product_ids, is_sale=is_sale)
