"""The app with the models that some of Oscar's tests define for themselves."""

from django.apps import AppConfig

from tools.oscar_suite.adapter import replace_models


class ModelTestsConfig(AppConfig):
    """Loads them after ours stand in Oscar's modules, where they look for them."""

    name = "tests._site.model_tests_app"
    label = "model_tests_app"

    def import_models(self) -> None:
        replace_models()
        super().import_models()
