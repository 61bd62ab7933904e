"""Creates a home page in place of Wagtail's welcome page, which has no template here."""

from django.db import migrations


def create_home_page(apps, schema_editor):
    HomePage = apps.get_model("home", "HomePage")
    Page = apps.get_model("wagtailcore", "Page")
    Site = apps.get_model("wagtailcore", "Site")
    Locale = apps.get_model("wagtailcore", "Locale")
    ContentType = apps.get_model("contenttypes", "ContentType")
    root = Page.objects.filter(depth=1).first()
    greeting = Page.objects.filter(depth=2, slug="home", content_type__model="page").first()
    if HomePage.objects.exists() or root is None or greeting is None or root.numchild != 1:
        return  # There is already a site with content.
    locale, path = greeting.locale_id or Locale.objects.first().pk, greeting.path
    Site.objects.filter(root_page=greeting).delete()
    greeting.delete()
    content_type, _is_new = ContentType.objects.get_or_create(app_label="home", model="homepage")
    home = HomePage.objects.create(
        title="Home",
        draft_title="Home",
        slug="home",
        content_type=content_type,
        path=path,
        depth=2,
        numchild=0,
        url_path="/home/",
        locale_id=locale,
        live=True,
    )
    Site.objects.create(hostname="localhost", port=80, root_page=home, is_default_site=True)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_home_page, migrations.RunPython.noop)]
