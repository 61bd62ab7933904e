from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0005_retirement"),
    ]

    operations = [
        migrations.AddField(
            model_name="pricewindow",
            name="number",
            field=models.PositiveIntegerField(default=0),
        ),
        # Add the new constraint first: MySQL's foreign key needs an index that starts with "listing".
        migrations.AddConstraint(
            model_name="pricewindow",
            constraint=models.UniqueConstraint(
                fields=("listing", "number", "start"), name="one_window_of_a_price_at_a_time"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="pricewindow",
            name="one_window_at_a_time",
        ),
        migrations.RemoveIndex(
            model_name="pricewindow",
            name="listing_by_price",
        ),
        migrations.AddIndex(
            model_name="pricewindow",
            index=models.Index(
                fields=["number", "price", "listing", "start", "until"], name="listing_by_price"
            ),
        ),
    ]
