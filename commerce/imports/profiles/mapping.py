"""Which column of a plain file means what: guessed by its name, chosen by staff, remembered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from commerce.models import ImportMapping

#: Names that files use, by the column's name in the plain format.
SYNONYMS = {
    "product": ("handle", "product id", "item group id", "parent sku", "url key"),
    "sku": ("artikelnummer", "article number", "item number", "variant sku", "stock code", "stockcode"),
    "title": ("name", "product name", "product title", "titel", "bezeichnung"),
    "description": ("beschreibung", "body", "body html", "text"),
    "type": ("product type", "produkttyp", "product class"),
    "price": ("preis", "regular price", "unit price", "verkaufspreis"),
    "sale_price": ("special price", "angebotspreis", "sale"),
    "stock": ("quantity", "qty", "bestand", "inventory", "in stock", "lagerbestand"),
    "public": ("published", "active", "aktiv", "visible"),
    "categories": ("category", "kategorie", "kategorien"),
    "images": ("image", "picture", "pictures", "image src", "bild", "bilder", "image url"),
    "meta_title": ("seo title",),
    "meta_description": ("seo description",),
    "weight_g": ("grams", "gewicht g"),
    "barcode": ("gtin", "ean", "upc", "isbn", "gtin upc ean or isbn"),
    "min_quantity": ("minimum quantity", "mindestmenge"),
    "max_quantity": ("maximum quantity", "höchstmenge"),
    "step_quantity": ("quantity step", "verpackungseinheit"),
    "content": ("inhalt",),
    "email": ("e mail", "email address", "customer email"),
    "first_name": ("first name", "firstname", "vorname"),
    "last_name": ("last name", "lastname", "surname", "nachname"),
    "old_path": ("redirect from", "from", "old url", "source"),
    "target": ("redirect to", "to", "new url"),
    "number": ("order", "order number", "order id"),
    "code": ("voucher", "coupon", "coupon code"),
}  # fmt: skip
#: Columns with a prefix are named by the file.
PREFIXES = ("option:", "attribute:")


def guessed(columns: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """``{the file's column: the plain format's}`` for columns whose names are known."""
    names = {_bare(name): name for name in known}
    for name, others in SYNONYMS.items():
        if _bare(name) in names:
            for other in others:
                names.setdefault(other, name)
    mapping: dict[str, str] = {}
    for column in columns:
        lower = column.lower()
        if lower.startswith(PREFIXES):
            mapping[column] = column
            continue
        wanted = names.get(_bare(column))
        if wanted and wanted not in mapping.values():
            mapping[column] = wanted
    return mapping


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.lower()).strip()


def columns_hash(columns: Iterable[str]) -> str:
    """Identifies files with the same columns, in any order."""
    return hashlib.sha256("\n".join(sorted(columns)).encode()).hexdigest()


def remembered(kind: str, columns: Iterable[str]) -> dict[str, str] | None:
    """The mapping that staff chose last for a file with these columns; None if they never did."""
    row = ImportMapping.objects.filter(kind=kind, columns_hash=columns_hash(columns)).first()
    return row.mapping if row else None


def remember(kind: str, columns: Iterable[str], mapping: Mapping[str, str]) -> None:
    """Keep a mapping for the next file with these columns."""
    ImportMapping.objects.update_or_create(
        kind=kind, columns_hash=columns_hash(columns), defaults={"mapping": dict(mapping)}
    )
