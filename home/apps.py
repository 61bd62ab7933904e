from typing import Any

from django.apps import AppConfig
from django.db import models
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _create_roles(sender: AppConfig, **kwargs: Any) -> None:
    """Create the staff roles after ``migrate``, when all permissions can be created."""
    from django.apps import apps

    from commerce.accounts.roles import ensure_permissions
    from home.staff.roles import create_page_roles

    # Later apps have not created their permissions yet, and Admin gets all of them.
    ensure_permissions({config.label for config in apps.get_app_configs() if config.models_module})
    create_page_roles()


def _render_share_image(sender: type, instance: Any, **kwargs: Any) -> None:
    """Render the image for link previews when a page is published, not on its first request."""
    from commerce.index.photographs import render_soon

    if image := getattr(instance, "share_image", None):
        render_soon(image)


class HomeConfig(AppConfig):
    """Wagtail pages, blocks, snippets and site settings."""

    name = "home"
    verbose_name = _("Pages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.admin.forms.models import register_form_field_override
        from wagtail.models import ReferenceIndex
        from wagtail.signals import page_published

        from commerce.dashboard.decimal_fields import DecimalField
        from home import page_tags, page_text_index, search  # noqa: F401
        from home.models import SiteSettings
        from home.staff import receivers  # noqa: F401
        from home.staff.shop_settings_form import set_up_form

        set_up_form()
        # Wagtail's own widget for decimals drops a comma, so that "2,95" becomes 295.
        register_form_field_override(models.DecimalField, override={"form_class": DecimalField})
        search.register()
        page_text_index.register()
        post_migrate.connect(_create_roles, sender=self)
        # Wagtail's publishing hooks run for the admin's views only, not for scheduled publishing.
        page_published.connect(_render_share_image)
        # Wagtail registers pages and snippets itself, but not settings such as the footer's links.
        ReferenceIndex.register_model(SiteSettings)
