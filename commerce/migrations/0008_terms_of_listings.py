import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0007_photographs_of_listings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListingTerms",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="terms",
                        serialize=False,
                        to="commerce.listing",
                    ),
                ),
                ("text", models.TextField()),
            ],
            options={
                "verbose_name": "terms of a listing",
                "verbose_name_plural": "terms of listings",
            },
        ),
        migrations.AddField(
            model_name="term",
            name="known_bitmap",
            field=models.BinaryField(default=bytes),
        ),
        # No data is copied: rebuild_listings writes the texts, as after every migration.
        migrations.DeleteModel(name="ListingTerm"),
    ]
