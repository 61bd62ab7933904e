"""Declares the options that variants differ in already, and gives cards their new keys.

Only ``rebuild_listings`` knows what cards say of options, so it has to run after an update.
"""

from django.db import migrations

BATCH = 500


def declare_options(apps, schema_editor):
    ProductAttributeValue = apps.get_model("catalogue", "ProductAttributeValue")
    VariantOption = apps.get_model("commerce", "VariantOption")
    values = ProductAttributeValue.objects.filter(
        attribute__type="option", attribute__product_class__isnull=False, product__parent__isnull=False
    )
    keys = sorted(set(values.order_by().values_list("attribute_id", flat=True).distinct()))
    known = set(VariantOption.objects.values_list("attribute_id", flat=True))
    VariantOption.objects.bulk_create(
        VariantOption(attribute_id=key, position=position)
        for position, key in enumerate(keys)
        if key not in known
    )


def empty_options(apps, schema_editor):
    Listing = apps.get_model("commerce", "Listing")
    rows = Listing.objects.only("card", "variant_photos").order_by("pk")
    last, columns = 0, ["card", "variant_photos"]
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            row.card = {**row.card, "dots": [], "more": 0, "ranges": [], "count": 0, "digest": ""}
            row.variant_photos = {}
        Listing.objects.bulk_update(batch, columns)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0032_category_exclude_from_menu_category_long_description"),
        ("commerce", "0059_options_of_variants"),
    ]

    operations = [
        migrations.RunPython(declare_options, migrations.RunPython.noop),
        migrations.RunPython(empty_options, migrations.RunPython.noop),
    ]
