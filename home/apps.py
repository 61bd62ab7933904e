from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _create_roles(sender, **kwargs):
    from django.apps import apps

    from commerce.accounts.roles import ensure_permissions
    from home.staff.roles import create_page_roles

    # Apps behind this one have made none of theirs yet, and Admin gets every permission there is.
    ensure_permissions({config.label for config in apps.get_app_configs() if config.models_module})
    create_page_roles()


def _render_share_image(sender, instance, **kwargs):
    """What links to a page show is made when the page is published, not when it is first asked for."""
    from commerce.index.photographs import render_soon

    if image := getattr(instance, "share_image", None):
        render_soon(image)


class HomeConfig(AppConfig):
    """The editors' floor: Wagtail pages, blocks and site settings."""

    name = "home"
    verbose_name = _("Pages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from wagtail.models import ReferenceIndex
        from wagtail.signals import page_published

        from home import page_tags, page_text_index, search  # noqa: F401
        from home.models import SiteSettings
        from home.staff import receivers  # noqa: F401

        search.register()
        page_text_index.register()
        post_migrate.connect(_create_roles, sender=self)
        page_published.connect(_render_share_image)
        # Wagtail knows pages and snippets by itself; the footer's links count as uses too.
        ReferenceIndex.register_model(SiteSettings)
