"""Stores sizes of photographs in cards instead of markup. ``rebuild_listings`` fills them in."""

from django.db import migrations

BATCH = 500


def empty_photographs(apps, schema_editor):
    Listing = apps.get_model("commerce", "Listing")
    batch = []
    for row in Listing.objects.only("card", "variant_photos").iterator(BATCH):
        row.card = {**row.card, "photo": [], "second": [], "option": "", "digest": ""}
        row.variant_photos = {}
        batch.append(row)
        if len(batch) == BATCH:
            Listing.objects.bulk_update(batch, ["card", "variant_photos"])
            batch = []
    Listing.objects.bulk_update(batch, ["card", "variant_photos"])


class Migration(migrations.Migration):
    dependencies = [("commerce", "0052_email_spelling")]

    operations = [migrations.RunPython(empty_photographs, migrations.RunPython.noop)]
