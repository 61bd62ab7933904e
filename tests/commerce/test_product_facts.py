"""Attribute values on the product page."""

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from commerce.catalogue.product_facts import attribute_rows, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_attributes_have_their_order_and_options(mug):
    oat = mug.children.get(title__iendswith="oat")
    mug.product_class.attributes.create(code="height", name="Height", type="float")
    mug.attr.height = 9.5
    mug.save()

    rows = attribute_rows([mug.pk, oat.pk])

    assert [row.attribute_id for row in rows] == sorted(row.attribute_id for row in rows)
    assert values_of([row for row in rows if row.product_id == mug.pk])["height"] == 9.5
    glaze = next(row for row in rows if row.product_id == oat.pk)
    assert str(glaze.value) == "Oat"
    assert attribute_rows([]) == []


def test_values_are_read_without_a_join(mug):
    """With a join to the attributes, MariaDB read a hundred thousand values for one page."""
    with CaptureQueriesContext(connection) as queries:
        attribute_rows([mug.pk, *mug.children.values_list("pk", flat=True)])

    assert not [row["sql"] for row in queries if " JOIN " in row["sql"]]


@pytest.mark.parametrize("lost", ["ProductAttribute", "AttributeOption"])
def test_value_deleted_meanwhile_is_left_out(mug, monkeypatch, lost):
    keys = list(mug.children.values_list("pk", flat=True))
    assert len(attribute_rows(keys)) == 2  # control

    in_bulk = QuerySet.in_bulk

    def look_up_too_late(queryset, keys):
        if queryset.model.__name__ == lost:
            queryset.all().delete()
        return in_bulk(queryset, keys)

    monkeypatch.setattr(QuerySet, "in_bulk", look_up_too_late)

    assert attribute_rows(keys) == []


def test_names_and_labels_are_read_again_after_a_change(mug):
    """All products share them, so they are not read for each page."""
    oat = mug.children.get(title__iendswith="oat")
    [before] = attribute_rows([oat.pk])
    assert before.attribute.name == "Glaze"  # control

    attribute = mug.product_class.attributes.get(pk=before.attribute_id)
    attribute.name = "Finish"
    attribute.save()
    option = attribute.option_group.options.get(pk=before.value_option_id)
    option.option = "Porridge"
    option.save()

    [after] = attribute_rows([oat.pk])
    assert (after.attribute.name, str(after.value)) == ("Finish", "Porridge")
