from oscar.apps.analytics.apps import AnalyticsConfig as OscarAnalyticsConfig


class AnalyticsConfig(OscarAnalyticsConfig):
    name = "commerce.forks.analytics"

    def ready(self) -> None:
        """Connects nothing: Oscar's receivers write on GET and can break an outer transaction."""
