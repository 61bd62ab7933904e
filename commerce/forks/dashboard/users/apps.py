from oscar.apps.dashboard.users.apps import UsersDashboardConfig as OscarUsersDashboardConfig


class UsersDashboardConfig(OscarUsersDashboardConfig):
    name = "commerce.forks.dashboard.users"

    def configure_permissions(self) -> None:
        """The permission table checks this: support sends reset links without changing people."""
