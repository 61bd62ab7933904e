from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _create_roles(sender, **kwargs):
    from home.roles import create_page_roles

    create_page_roles()


class HomeConfig(AppConfig):
    """The editors' floor: Wagtail pages, blocks and site settings."""

    name = "home"
    verbose_name = _("Pages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from wagtail.models import ReferenceIndex

        from home import search
        from home.models import SiteSettings

        search.register()
        post_migrate.connect(_create_roles, sender=self)
        # Wagtail knows pages and snippets by itself; the footer's links count as uses too.
        ReferenceIndex.register_model(SiteSettings)
