"""Updates the listing index incrementally, rebuilds it, and verifies it.

``refresh_listings`` runs in the transaction of nearly every relevant change
(``commerce.index.receivers``; the exceptions are in docs/listing.md). It locks the listings by key
before it reads the catalogue, then the terms by key. Two changes of one product run one after
the other, and the later one sees both.
"""

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, ExpressionWrapper, F, JSONField, OuterRef, TextField
from django_tasks import task
from oscar.core.loading import get_model

from commerce.bulk_sql import insert_rows, literal_in, update_rows
from commerce.clock import shop_now
from commerce.index.listing_builder import (
    CATEGORY,
    COLUMNS,
    ListingDocument,
    build_documents,
    records_of,
    states_of,
)
from commerce.index.postings import Joined, broken_terms, repair_terms, write_terms
from commerce.index.price_windows import EVER, NEVER, Window, price_step
from commerce.index.terms import TermKey, terms_in
from commerce.models import Listing, ListingTerms, PricePoint, PriceWindow, ProductDetails, Term
from commerce.models.cache_tags import (
    LISTS,
    SCHEDULED_PRICES,
    WINDOWS,
    card_tag,
    list_tag,
    order_tag,
    price_tag,
    product_tag,
)
from commerce.options.option_sets import states_in
from commerce.page_cache.versions import invalidate
from commerce.pricing.price_history import timelines_of
from commerce.stock.selling import shop_today
from commerce.transactions import retry_transient

#: Products per transaction of a rebuild, and per query.
BATCH = 1000
WINDOW = Window._fields
#: Columns that affect only the order of lists.
ORDER_ONLY = frozenset({"popularity"})
#: JSON columns are read as text: most are compared only.
STORED = [name for name in COLUMNS if isinstance(Listing._meta.get_field(name), JSONField)]


def refresh_listings(product_ids: Iterable[int | None], *, prices_only: bool = False) -> int:
    """Bring the listings of these products up to date; returns how many changed.

    Variants refresh their parents; deleted products are allowed. Joins the caller's transaction.
    Otherwise each batch has its own and is retried after a conflict. ``prices_only`` means that only
    prices, stock or sales figures changed: cached product pages are then invalidated only if the
    listing changed.
    """
    wanted = listed_keys(product_ids)
    refresh = _refresh
    if not transaction.get_connection().in_atomic_block:
        refresh = retry_transient(_refresh)
    batches = (wanted[n : n + BATCH] for n in range(0, len(wanted), BATCH))
    return sum(refresh(batch, prices_only=prices_only) for batch in batches)


@transaction.atomic
def _refresh(wanted: list[int], *, prices_only: bool) -> int:
    existing = _locked(wanted)
    documents = build_documents(wanted)
    changed, changed_cards = _write_rows(existing, documents)
    invalidate(*map(price_tag, wanted), *map(product_tag, changed_cards if prices_only else wanted))
    _write_variant_titles(existing, documents)
    repriced = _write_windows(wanted, documents)
    _write_prices(documents)
    _close_prices(_sold_no_more(existing, documents))
    joined, left = _write_texts(wanted, documents)
    if joined or left:
        write_terms(joined, left)
    gone = existing.keys() - documents.keys()
    if gone:
        invalidate(*map(product_tag, gone))
        Listing.objects.filter(pk__in=gone).delete()
    moved = gone | {pk for group in (joined, left) for rows in group.values() for pk in rows}
    _invalidate_lists(order_tag, changed | moved, documents, left)
    changed_cards |= repriced | moved
    changed |= changed_cards
    if changed:
        invalidate(LISTS, *map(card_tag, changed_cards))
        _invalidate_lists(list_tag, changed, documents, left)
    return len(changed)


def _locked(wanted: Collection[int]) -> dict[int, tuple[Any, ...]]:
    rows = Listing.objects.select_for_update().filter(pk__in=literal_in(wanted)).order_by("pk")
    texts = {f"stored_{name}": ExpressionWrapper(F(name), TextField()) for name in STORED}
    names = [f"stored_{name}" if name in STORED else name for name in COLUMNS]
    return {row[0]: row[1:] for row in rows.annotate(**texts).values_list("pk", *names)}


def _is_stored(row: Sequence[Any], stored: Sequence[Any], *, but: Collection[str] = ()) -> bool:
    """Whether a row equals what ``_locked`` read, ignoring some columns."""
    return all(
        value == old or name in but or (name in STORED and _is_stored_json(value, old))
        for name, value, old in zip(COLUMNS, row, stored, strict=True)
    )


def _is_stored_json(value: Any, text: str) -> bool:
    # Databases may format JSON differently.
    return json.dumps(value) == text or json.loads(text) == value


def _invalidate_lists(
    tag: Callable[[Any], str],
    changed: Collection[int],
    documents: Mapping[int, ListingDocument],
    left: Iterable[TermKey],
) -> None:
    """Invalidate the categories that these products are or were in."""
    if changed:
        keys = {key for pk in changed if pk in documents for key in documents[pk].sets} | set(left)
        invalidate(*(tag(value) for kind, value in keys if kind == CATEGORY))


@transaction.atomic
def delete_listings(product_ids: Iterable[int]) -> None:
    """Remove products from every list before they are deleted. Joins the caller's transaction."""
    wanted = sorted(product_ids)
    if not _locked(wanted):
        return
    _joined, left = _write_texts(wanted, {})
    write_terms({}, left)
    Listing.objects.filter(pk__in=wanted).delete()
    invalidate(LISTS, *(tag(pk) for tag in (product_tag, price_tag, card_tag) for pk in wanted))
    for tag in (order_tag, list_tag):
        _invalidate_lists(tag, wanted, {}, left)


def refresh_availability(stockrecord_ids: Collection[int]) -> None:
    """Refresh products if the availability of a variant in these stock records changed.

    Products with several stock records are always refreshed: another record, with another price,
    may be the one to sell from now.
    """
    products = get_model("catalogue", "Product").objects
    ids = listed_keys(
        products.filter(stockrecords__in=stockrecord_ids).values_list("pk", flat=True)
    )
    invalidate(*map(price_tag, ids))  # pages show the number of units left
    records = records_of(ids)
    listed = dict(Listing.objects.filter(pk__in=literal_in(ids)).values_list("pk", "variants"))
    several = _sold_by_several(stockrecord_ids)
    refresh_listings(
        [
            pk
            for pk, stored in listed.items()
            if pk in several or states_in(stored) != states_of(records[pk])
        ],
        prices_only=True,
    )


def _sold_by_several(stockrecord_ids: Iterable[int]) -> set[int]:
    """Keys of the listed products of these stock records that have further stock records."""
    records = get_model("partner", "StockRecord").objects.filter(pk__in=stockrecord_ids)
    others = (
        get_model("partner", "StockRecord")
        .objects.filter(product=OuterRef("product"))
        .exclude(pk=OuterRef("pk"))
    )
    rows = records.filter(Exists(others)).values_list("product_id", "product__parent_id")
    return {parent or pk for pk, parent in rows}


def listed_keys(product_ids: Iterable[int | None]) -> list[int]:
    """Keys of the products as listed: variants are replaced by their parents."""
    ids = sorted({pk for pk in product_ids if pk})
    products, parents = get_model("catalogue", "Product").objects, {}
    for start in range(0, len(ids), BATCH):
        variants = products.filter(
            pk__in=literal_in(ids[start : start + BATCH]), parent__isnull=False
        )
        parents.update(variants.values_list("pk", "parent_id"))
    return sorted({parents.get(pk, pk) for pk in ids})


def _write_rows(
    existing: dict[int, tuple[Any, ...]], documents: Mapping[int, ListingDocument]
) -> tuple[set[int], set[int]]:
    """Write the listings. Returns the keys of those that changed, and of those that look different."""
    rows = {
        pk: tuple(document.columns[name] for name in COLUMNS) for pk, document in documents.items()
    }
    new = missing = sorted(rows.keys() - existing.keys())
    made = insert_rows(
        Listing, ("product", *COLUMNS), [(pk, *rows[pk]) for pk in missing], ignore=True
    )
    if made < len(missing):
        # Another transaction inserted some of them meanwhile, perhaps from older data.
        existing |= _locked(missing)
        missing = []
    there = rows.keys() - set(missing)
    differing = [pk for pk in sorted(there) if not _is_stored(rows[pk], existing[pk])]
    update_rows(Listing, COLUMNS, [(*rows[pk], pk) for pk in differing])
    changed_cards = {
        pk for pk in differing if not _is_stored(rows[pk], existing[pk], but=ORDER_ONLY)
    }
    return {*new, *differing}, {*new, *changed_cards}


def _write_variant_titles(
    existing: Mapping[int, tuple[Any, ...]], documents: Mapping[int, ListingDocument]
) -> None:
    """Title the variants after their options: "Linen shirt, Navy, M".

    Baskets, orders, mails and staff pages call a variant by its title. A title that does not begin
    with the product's title, or with the previous one, is the merchant's own and stays.
    """
    rows = []
    place = COLUMNS.index("title")
    for pk, document in documents.items():
        titles = {document.columns["title"], *([existing[pk][place]] if pk in existing else [])}
        begins = tuple(f"{title}, " for title in titles)
        rows += [
            (wanted, variant)
            for variant, (title, wanted) in document.variant_titles.items()
            if title != wanted and (not title or title.startswith(begins))
        ]
    update_rows(get_model("catalogue", "Product"), ("title",), rows)


def _write_windows(wanted: Collection[int], documents: Mapping[int, ListingDocument]) -> set[int]:
    existing = _windows_of(wanted)
    wanted_windows = {pk: documents[pk].windows if pk in documents else [] for pk in wanted}
    changed = {pk for pk, rows in wanted_windows.items() if existing[pk] != rows}
    outdated = [pk for pk in changed if existing[pk]]
    if outdated:
        PriceWindow.objects.filter(listing__in=outdated).delete()
    insert_rows(
        PriceWindow,
        ("listing", *WINDOW),
        [(pk, *row) for pk in sorted(changed) for row in wanted_windows[pk]],
    )
    if changed:
        invalidate(WINDOWS)
    if any(
        _scheduled_changes(existing[pk]) != _scheduled_changes(wanted_windows[pk]) for pk in changed
    ):
        invalidate(SCHEDULED_PRICES)
    return changed


def _write_prices(documents: Mapping[int, ListingDocument]) -> None:
    """Add what changed to the price history, and replace what was planned."""
    new = []
    for document in documents.values():
        for (pk, currency), (stored, wanted) in document.prices.items():
            if stored == wanted:
                continue
            if gone := {point.since for point in set(stored) - set(wanted)}:
                rows = PricePoint.objects.filter(product=pk, currency=currency, country="")
                rows.filter(since__in=gone).delete()
            new += [
                (pk, currency, "", point.price, point.since)
                for point in wanted
                if point not in stored
            ]
    insert_rows(PricePoint, ("product", "currency", "country", "price", "since"), new)


def _sold_no_more(
    existing: Mapping[int, tuple[Any, ...]], documents: Mapping[int, ListingDocument]
) -> set[int]:
    """The variants that were listed before and are no longer."""
    place = COLUMNS.index("variants")
    before = {key for pk, row in existing.items() for key in _keys_in(row[place]) or [pk]}
    return before - {pk for document in documents.values() for pk, _currency in document.prices}


def _keys_in(variants: str) -> list[int]:
    """The variants of a stored listing; none for a product without."""
    return [pk for pk, _state in states_in(json.loads(variants))]


def _close_prices(product_ids: Collection[int]) -> None:
    """End the price history of variants that are not sold from now on, and drop what was planned."""
    if not product_ids:
        return
    now = shop_now()
    PricePoint.objects.filter(product__in=literal_in(product_ids), since__gt=now).delete()
    ended = [
        (pk, currency, "", None, now)
        for (pk, currency), timeline in timelines_of(product_ids).items()
        if timeline[-1].price is not None
    ]
    insert_rows(PricePoint, ("product", "currency", "country", "price", "since"), ended)


def _scheduled_changes(windows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The scheduled price changes as filters see them: period, band and whether it is reduced."""
    rows = [Window(*row) for row in windows]
    if all((row.start, row.until) == (EVER, NEVER) for row in rows):
        return []
    return [
        (row.number, row.start, row.until, price_step(row.price), row.was is not None)
        for row in rows
    ]


def _windows_of(product_ids: Collection[int]) -> dict[int, list[tuple[Any, ...]]]:
    """The stored price windows, ``{product_id: [values of WINDOW]}``."""
    rows = PriceWindow.objects.filter(listing__in=literal_in(product_ids)).order_by(
        "number", "start"
    )
    windows = defaultdict(list)
    for pk, *row in rows.values_list("listing_id", *WINDOW):
        windows[pk].append(tuple(row))
    return windows


def _write_texts(
    wanted: Collection[int], documents: Mapping[int, ListingDocument]
) -> tuple[dict[TermKey, Joined], dict[TermKey, set[int]]]:
    """Write the listings' terms. Returns what they joined and left.

    ``({(kind, value): {key: (label, weight)}}, {(kind, value): {key}})``
    """
    texts = _texts_of(wanted)
    joined: dict[TermKey, Joined] = defaultdict(dict)
    left: dict[TermKey, set[int]] = defaultdict(set)
    new: dict[int, str] = {}
    other: dict[int, str] = {}
    for pk in wanted:
        text = documents[pk].text if pk in documents else ""
        if text == texts.get(pk, ""):
            continue
        before = terms_in(texts.get(pk))
        terms = documents[pk].terms if pk in documents else {}
        for key in before.keys() - terms.keys():
            left[key].add(pk)
        for key, entry in terms.items():
            if before.get(key) != entry:
                joined[key][pk] = entry
        if pk in documents:
            (other if pk in texts else new)[pk] = text
    insert_rows(ListingTerms, ("listing", "text"), list(new.items()))
    update_rows(ListingTerms, ("text",), [(text, pk) for pk, text in other.items()])
    return joined, left


def _texts_of(product_ids: Collection[int]) -> dict[int, str]:
    rows = ListingTerms.objects.filter(listing__in=literal_in(product_ids))
    return dict(rows.values_list("listing_id", "text"))


# --- All of it ------------------------------------------------------------------------------------


def rebuild_listings(
    *, on_done: Callable[[list[int]], object] | None = None, after: int = 0
) -> int:
    """Refresh every product in batches, each in its own transaction. Returns how many changed.

    ``on_done`` is called with the keys of each batch. To resume, pass the last key as ``after``.
    At the end every term is compared with the texts, unless there was none when it began: then all
    were written together with their texts.
    """
    changed, is_new = 0, not Term.objects.exists()
    while ids := _next_keys(after):
        with _paused_garbage_collector():
            changed += refresh_listings(ids)
        after = ids[-1]
        if on_done:
            on_done(ids)
    if not is_new:
        with _paused_garbage_collector():
            repair_terms()
    return changed


@contextmanager
def _paused_garbage_collector() -> Iterator[None]:
    """Pause the garbage collector, which saves a quarter of the time.

    A batch makes hundreds of thousands of objects without cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _next_keys(after: int) -> list[int]:
    """The next keys of products that are, or were, listed."""
    products = get_model("catalogue", "Product").objects.filter(parent=None, pk__gt=after)
    listings = Listing.objects.filter(pk__gt=after)
    keys = {*products.order_by("pk").values_list("pk", flat=True)[:BATCH]}
    keys |= {*listings.order_by("pk").values_list("pk", flat=True)[:BATCH]}
    return sorted(keys)[:BATCH]


def broken_listings() -> Iterator[str]:
    """A sentence for every difference between the index and the catalogue, or within the index."""
    after = 0
    while ids := _next_keys(after):
        yield from _broken_of(ids)
        after = ids[-1]
    yield from broken_terms()


def _broken_of(ids: list[int]) -> Iterator[str]:
    documents, rows, texts = build_documents(ids), Listing.objects.in_bulk(ids), _texts_of(ids)
    windows = _windows_of(ids)
    for pk in ids:
        document, row = documents.get(pk), rows.get(pk)
        if (document is None) != (row is None):
            yield f"listing {pk}: {'missing' if row is None else 'no longer for sale'}"
        elif document is not None:
            for name, value in document.columns.items():
                if name in STORED:
                    value = json.loads(json.dumps(value))  # tuples are stored as lists
                if getattr(row, name) != value:
                    yield f"listing {pk}: {name} is {getattr(row, name)!r}, not {value!r}"
            terms, wanted = terms_in(texts.get(pk)), document.terms
            if terms != wanted:
                yield f"listing {pk}: terms differ in {sorted(terms.items() ^ wanted.items())}"
            if windows[pk] != document.windows:
                yield f"listing {pk}: price windows differ"
            if any(stored != wanted for stored, wanted in document.prices.values()):
                yield f"listing {pk}: the price history is not up to date"


@task()
def refresh_listings_task(
    product_ids: list[int], prices_only: bool = False, is_sale: bool = False
) -> None:
    """Refresh listings in the worker, for changes too frequent to follow at once.

    ``is_sale`` is the former name of ``prices_only``, for rows queued before an update.
    """
    refresh_listings(product_ids, prices_only=prices_only or is_sale)


@task()
def refresh_available_products() -> None:
    """Refresh the products whose pre-order ended yesterday or today: their availability changes."""
    days = (shop_today() - timedelta(days=1), shop_today())
    rows = ProductDetails.objects.filter(available_from__in=days)
    refresh_listings(rows.values_list("product_id", flat=True))
