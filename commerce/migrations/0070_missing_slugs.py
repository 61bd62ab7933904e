"""Give categories and products without a slug one: their URLs could not be built."""

from django.db import migrations

from commerce.slugs import cut_slug, slug_from


def give_slugs(apps, schema_editor):
    rows = (("Category", "name", "category"), ("Product", "title", "product"))
    for model, name, kind in rows:
        objects = apps.get_model("catalogue", model).objects
        for pk, text in objects.filter(slug="").values_list("pk", name):
            # The key makes it unique: there is no other row with this slug at the same level.
            slug = f"{cut_slug(slug_from(text or kind), 240)}-{pk}"
            objects.filter(pk=pk).update(slug=slug)


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0032_category_exclude_from_menu_category_long_description"),
        ("commerce", "0062_shop_settings_row"),
    ]

    operations = [migrations.RunPython(give_slugs, migrations.RunPython.noop)]
