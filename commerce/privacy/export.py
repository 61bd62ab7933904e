"""Exports a person's data as one archive: ``data.json``, a CSV per section, and files.

It is created in the request. One person's rows are few, and a stored file would be one more copy of
everything about them.

``data.json`` is ``{"version": 2, "made_at": …, "shop": …, "subject": {…}, "sections": {name: [row,
…]}}``. A row has the columns classified as personal or plain. A column that points to another row
contains its key, and ``<column>_name`` its name. Raise ``VERSION`` when that shape changes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model
from django.utils import timezone

from commerce.documents.issuing import FOR_CUSTOMERS
from commerce.documents.pdf import render
from commerce.documents.spreadsheets import BOM, neutral_cell
from commerce.models import CommercialDocument, ProfilePicture
from commerce.privacy.parts import Section, all_sections, whole_inventory
from commerce.privacy.people import Person
from commerce.shop_settings.current import current_shop

VERSION = 2
#: The columns that name a related row, by model label; ``__`` crosses a relation.
#: Plain columns, because a model's ``str`` may ask the database once more for each row.
NAMES = {
    "address.country": ("printable_name",),
    "catalogue.product": ("title", "parent__title"),
    "commerce.shipment": ("carrier", "tracking_number"),
    "contenttypes.contenttype": ("model",),
    "order.billingaddress": ("line1", "postcode"),
    "order.shippingaddress": ("line1", "postcode"),
    "partner.stockrecord": ("partner_sku",),
    "voucher.voucher": ("name", "code"),
}
#: The same for all other models: the first existing column of these.
NAMING_COLUMNS = ("number", "title", "name")
#: Types that Django's JSON encoder supports.
PLAIN = (bool, int, float, str, dict, list, Decimal, date, UUID)


def document_of(person: Person, *, at: datetime | None = None) -> dict[str, Any]:
    """The export as plain values. Read-only; about one query per section."""
    inventory = whole_inventory()
    return {
        "version": VERSION,
        "made_at": (at or timezone.now()).isoformat(),
        "shop": current_shop().name,
        "subject": {"account": person.user_id, "email_addresses": list(person.emails)},
        "sections": {
            section.name: _rows(section, inventory[section.label.lower()].exported, person)
            for section in all_sections()
        },
    }


def _rows(section: Section, columns: tuple[str, ...], person: Person) -> list[dict[str, Any]]:
    """The rows of a section, in a constant number of queries."""
    rows = section.rows(person)
    fields = [rows.model._meta.get_field(name) for name in columns]
    many = [field.name for field in fields if field.many_to_many]
    paths = [
        f"{field.name}__{column}"
        for field in fields
        if field.is_relation and not field.many_to_many
        for column in _naming_columns(field)
    ]
    if paths:
        links = {path.rpartition("__")[0] for path in paths}
        rows = rows.select_related(*sorted(links)).only(*set(columns) - set(many), *paths)
    masks = {
        name: set(rows.filter(of_others(person)).values_list("pk", flat=True))
        for name, of_others in section.masked.items()
    }
    found = rows.prefetch_related(*many).order_by("pk")
    return [
        {name: _shown(row, name, value, masks) for name, value in _values(row, fields)}
        for row in found
    ]


def _shown(row: Model, name: str, value: Any, masks: dict[str, set[int]]) -> Any:
    return "" if row.pk in masks.get(name, ()) else value


def _naming_columns(field: Field) -> tuple[str, ...]:
    """The columns that name the row a field points to; none for a person."""
    model = cast(type[Model], field.related_model)
    label = model._meta.label_lower
    if label == "commerce.user":
        return ()
    if label in NAMES:
        return NAMES[label]
    known = {column.name for column in model._meta.concrete_fields}
    return tuple(name for name in NAMING_COLUMNS if name in known)[:1]


def _values(row: Model, fields: list[Field]) -> Iterator[tuple[str, Any]]:
    """The columns of a row as JSON values."""
    for field in fields:
        if field.many_to_many:
            others = getattr(row, field.name).all()
            yield field.name, [_name_of(other, _naming_columns(field)) for other in others]
            continue
        value = field.value_from_object(row)
        # Files and telephone numbers are objects of their own.
        yield field.name, value if value is None or isinstance(value, PLAIN) else str(value)
        if field.is_relation and (columns := _naming_columns(field)):
            yield f"{field.name}_name", _name_of(getattr(row, field.name), columns)


def _name_of(row: Model | None, columns: tuple[str, ...]) -> str:
    """The name of a related row, "" for None. Needs its columns loaded, and runs no query."""
    return ", ".join(str(text) for path in columns if (text := _at(row, path)))


def _at(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name, None)
    return row


def archive_of(person: Person, *, at: datetime | None = None) -> bytes:
    """The archive as the bytes of a ZIP file. Writes nothing; renders each invoice."""
    document = document_of(person, at=at)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(document, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        archive.writestr("data.json", text)
        for name, rows in document["sections"].items():
            if rows:
                archive.writestr(f"{name}.csv", _csv(rows))
        for name, content in _files(person):
            archive.writestr(name, content)
    return buffer.getvalue()


def _csv(rows: list[dict[str, Any]]) -> str:
    output = io.StringIO(newline="")
    writer = csv.writer(output)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([neutral_cell(_cell(value)) for value in row.values()])
    return BOM + output.getvalue()


def _cell(value: Any) -> Any:
    """A value as one cell: lists and documents as JSON, None as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return value if isinstance(value, str | int | float) else str(value)


def _files(person: Person) -> Iterator[tuple[str, bytes]]:
    """The picture, and the PDFs of the documents for the customer."""
    if picture := ProfilePicture.objects.filter(person.by_user("user")).first():
        yield "picture.webp", bytes(picture.content)
    documents = CommercialDocument.objects.filter(order__in=person.orders(), kind__in=FOR_CUSTOMERS)
    for document in documents.order_by("pk"):
        yield f"documents/{document.file_name}", bytes(render(document.facts))
