"""The two applications that tie the floors together: the site itself and Oscar's shop."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from oscar.config import Shop as OscarShop
from wagtail.users.apps import WagtailUsersAppConfig


class SiteConfig(AppConfig):
    """Wiring. Registers the checks that refuse an unsafe production."""

    name = "site_project"
    label = "site_project"

    def ready(self):
        from site_project import checks, production  # noqa: F401

        connection_created.connect(compare_as_the_database_does)


def compare_as_the_database_does(sender, connection, **kwargs):
    """On MySQL and MariaDB a cast or a literal takes the connection's collation, not the column's;
    comparing the two fails unless both are the database's own."""
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SET collation_connection = @@collation_database")


class ShopConfig(OscarShop):
    """Oscar's URLs without its redirect at "/" (Wagtail's home page) and without its password
    reset views (allauth has the only ones)."""

    def get_urls(self):
        kept = {
            "catalogue",
            "basket",
            "checkout",
            "accounts",
            "search",
            "dashboard",
            "offers",
            "wishlists",
        }
        return [url for url in super().get_urls() if str(url.pattern).rstrip("/") in kept]


class PeopleConfig(WagtailUsersAppConfig):
    """``wagtail.users`` with our pages of people (home.staff.people). In INSTALLED_APPS in its place."""

    user_viewset = "home.staff.people.PersonViewSet"
