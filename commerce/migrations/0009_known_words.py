from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0008_terms_of_listings"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="term",
            index=models.Index(fields=["is_known", "kind", "value"], name="term_known"),
        ),
    ]
