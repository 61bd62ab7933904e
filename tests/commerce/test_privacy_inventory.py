"""Every field of every model is classified, and classified data is exported and erased."""

import pytest
from django.db import connection

from commerce.privacy.inventory import EXPIRES, nothing_personal
from commerce.privacy.parts import all_sections, parts, whole_inventory
from commerce.privacy.people import person_of
from tests.privacy import models

#: The search index uses different tables on each database.
OF_ONE_DATABASE = "wagtailsearch."


def stored_fields(model):
    """The model's own fields, and its many-to-many fields."""
    return [*model._meta.local_fields, *model._meta.local_many_to_many]


def unclassified(inventory):
    """``label.field`` of each field missing from the inventory."""
    for model in models():
        label = model._meta.label_lower
        known = inventory[label].fields if label in inventory else ()
        yield from (
            f"{label}.{field.name}" for field in stored_fields(model) if field.name not in known
        )


def all_tables():
    """The classified tables without a model, by name."""
    return {name: kind for part in parts() for name, kind in part.tables.items()}


def unclassified_columns(tables):
    """``table.column`` of unlisted columns in database tables without a model.

    SQLite's full-text index tables count as part of their model.
    """
    of_models = {model._meta.db_table for model in models()}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - of_models):
            if table.startswith(tuple(f"{name}_" for name in of_models if name.endswith("_fts"))):
                continue
            known = tables[table].fields if table in tables else ()
            columns = connection.introspection.get_table_description(cursor, table)
            yield from (f"{table}.{each.name}" for each in columns if each.name not in known)


def obsolete(inventory):
    """``label.field`` of each classified field that no longer exists."""
    existing = {model._meta.label_lower: model for model in models()}
    for label, kind in inventory.items():
        fields = stored_fields(existing[label]) if label in existing else ()
        names = {field.name for field in fields}
        yield from (f"{label}.{name}" for name in kind.fields if name not in names)


def test_every_field_of_every_model_is_classified():
    assert list(unclassified(whole_inventory())) == []


def test_unclassified_field_is_reported():
    without = {**whole_inventory(), **nothing_personal({"commerce.searchmiss": "id words count"})}

    assert list(unclassified(without)) == ["commerce.searchmiss.last_at"]


def test_unclassified_model_is_reported():
    without = {name: kind for name, kind in whole_inventory().items() if name != "commerce.term"}

    assert "commerce.term.bitmap" in set(unclassified(without))


@pytest.mark.django_db
def test_every_table_without_a_model_is_classified():
    assert list(unclassified_columns(all_tables())) == []


@pytest.mark.django_db
def test_unclassified_table_without_a_model_is_reported():
    without = {name: kind for name, kind in all_tables().items() if "throttle" not in name}

    assert list(unclassified_columns(without)) == [
        "commerce_throttlecache.cache_key",
        "commerce_throttlecache.value",
        "commerce_throttlecache.expires",
    ]


@pytest.mark.parametrize("kind", [
    whole_inventory()["sessions.session"], all_tables()["commerce_throttlecache"],
])  # fmt: skip
def test_data_not_erasable_by_person_must_expire(kind):
    assert kind.erasure == EXPIRES


def test_every_classified_field_exists():
    gone = [name for name in obsolete(whole_inventory()) if not name.startswith(OF_ONE_DATABASE)]

    assert gone == []
    assert connection.vendor != "sqlite" or list(obsolete(whole_inventory())) == []


def test_no_field_has_two_classes():
    twice = {
        label: kind.fields
        for label, kind in whole_inventory().items()
        if len(kind.fields) != len(set(kind.fields))
    }

    assert twice == {}


def test_every_section_of_the_inventory_is_exported_from_its_model():
    classified = {
        (kind.section, label) for label, kind in whole_inventory().items() if kind.section
    }

    assert {(section.name, section.label.lower()) for section in all_sections()} == classified


def test_personal_model_without_a_section_has_a_reason():
    silent = {
        label
        for label, kind in whole_inventory().items()
        if not kind.section and not str(kind.left_out)
    }

    assert silent == set()


@pytest.mark.parametrize("name", ["password", "token", "secret", "session_key", "key_hash"])
def test_secret_fields_are_never_exported(name):
    shown = {
        f"{label}.{field}"
        for label, kind in whole_inventory().items()
        if kind.section
        for field in kind.exported
        if name in field
    }

    assert shown == set()


@pytest.mark.django_db
def test_sections_are_querysets_of_their_models(django_user_model):
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    person = person_of(user)

    found = {section.name: section.rows(person).count() for section in all_sections()}

    assert found["account"] == 1
