from django.apps import AppConfig


class DemoGatewayConfig(AppConfig):
    """A stand-in for Stripe with its API, for shops without keys and for tests."""

    name = "demo_gateway"
    label = "demo_gateway"
    default_auto_field = "django.db.models.BigAutoField"
