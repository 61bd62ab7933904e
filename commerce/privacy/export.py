"""Everything about a person as one archive: ``data.json``, a CSV for each section, and files.

It is made in the request that asks for it. One person's rows are few, and a file that waited for
somebody would be one more place where everything about them stands.

``data.json`` is ``{"version": 1, "made_at": …, "shop": …, "subject": {…}, "sections": {name:
[row, …]}}``. A row has the columns that the inventory calls personal or plain. Raise ``VERSION``
when that shape changes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model
from django.utils import timezone

from commerce.document_pdf import render
from commerce.documents import FOR_CUSTOMERS
from commerce.models import CommercialDocument, ProfilePicture
from commerce.privacy.parts import Section, all_sections, whole_inventory
from commerce.privacy.people import Person
from commerce.spreadsheets import BOM, neutral_cell

VERSION = 1
#: What JSON can hold, with Django's encoder.
PLAIN = (bool, int, float, str, dict, list, Decimal, date, UUID)


def document_of(person: Person, *, at: datetime | None = None) -> dict[str, Any]:
    """The document of an export, as plain values. Reads only; about one query for a section."""
    inventory = whole_inventory()
    return {
        "version": VERSION,
        "made_at": (at or timezone.now()).isoformat(),
        "shop": settings.SITE_NAME,
        "subject": {"account": person.user_id, "email_addresses": list(person.emails)},
        "sections": {
            section.name: _rows(section, inventory[section.label.lower()].exported, person)
            for section in all_sections()
        },
    }


def _rows(section: Section, columns: tuple[str, ...], person: Person) -> list[dict[str, Any]]:
    rows = section.rows(person)
    fields = [rows.model._meta.get_field(name) for name in columns]
    links = [field.name for field in fields if field.many_to_one or field.one_to_one]
    whole = rows.select_related(*links) if links else rows
    return [{field.name: _value(row, field) for field in fields} for row in whole.order_by("pk")]


def _value(row: Model, field: Field) -> Any:
    """A stored value as JSON can hold it; of another row what it is called, of a person the key."""
    if field.many_to_many:
        return [str(other) for other in getattr(row, field.name).all()]
    if field.is_relation:
        is_person = field.related_model._meta.label_lower == "commerce.user"
        other = None if is_person else getattr(row, field.name)
        return str(other) if other is not None else field.value_from_object(row)
    value = field.value_from_object(row)
    # Files and telephone numbers are objects of their own.
    return value if value is None or isinstance(value, PLAIN) else str(value)


def archive_of(person: Person, *, at: datetime | None = None) -> bytes:
    """The archive, as the bytes of a ZIP file. Writes nothing; renders each invoice."""
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
    """A value as one cell: lists and documents as JSON, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return value if isinstance(value, str | int | float) else str(value)


def _files(person: Person) -> Iterator[tuple[str, bytes]]:
    """The picture, and the PDFs of the documents that the person may have."""
    if picture := ProfilePicture.objects.filter(person.by_user("user")).first():
        yield "picture.webp", bytes(picture.content)
    documents = CommercialDocument.objects.filter(order__in=person.orders(), kind__in=FOR_CUSTOMERS)
    for document in documents.order_by("pk"):
        yield f"documents/{document.file_name}", bytes(render(document.facts))
