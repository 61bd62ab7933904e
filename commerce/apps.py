from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommerceConfig(AppConfig):
    """The commerce engine: catalogue, prices, stock, baskets, orders and accounts."""

    name = "commerce"
    verbose_name = _("Commerce")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from commerce import receivers  # noqa: F401
        from commerce.accounts import checks as account_checks  # noqa: F401
        from commerce.accounts import receivers as account_receivers  # noqa: F401
        from commerce.accounts.reauthentication import (
            ask_accounts_without_a_password,
            check_resumed_requests,
        )
        from commerce.accounts.throttle_store import share_allauth_limits
        from commerce.audit import account_events  # noqa: F401
        from commerce.audit.log import watch_the_shop
        from commerce.audit.security import watch_people
        from commerce.catalogue import page_tags  # noqa: F401
        from commerce.index import offer_receivers, stock_receivers  # noqa: F401
        from commerce.index import receivers as listing_receivers  # noqa: F401
        from commerce.page_cache import invalidation  # noqa: F401
        from commerce.rich_html import clean_on_save

        share_allauth_limits()
        ask_accounts_without_a_password()
        check_resumed_requests()
        watch_the_shop()
        watch_people()
        clean_on_save()
