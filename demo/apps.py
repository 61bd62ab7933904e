from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo shop Saltmarsh: data files and the commands that load them."""

    name = "demo"
