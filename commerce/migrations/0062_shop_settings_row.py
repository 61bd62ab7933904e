"""Makes the row of the shop settings. Empty fields use the deployment's settings."""

from django.db import migrations


def make_row(apps, schema_editor):
    ShopSettings = apps.get_model("commerce", "ShopSettings")
    if not ShopSettings.objects.exists():
        ShopSettings.objects.create()


class Migration(migrations.Migration):
    dependencies = [("commerce", "0061_shop_settings")]

    operations = [migrations.RunPython(make_row, migrations.RunPython.noop)]
