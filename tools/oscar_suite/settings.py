"""Our settings, as Oscar's own tests expect a site."""

from site_project.settings_test import *  # noqa: F403

ALLOWED_HOSTS = ["test", "testserver", ".oscarcommerce.com"]
LANGUAGE_CODE = "en-gb"
# Models that some of Oscar's tests define for themselves.
INSTALLED_APPS = [*INSTALLED_APPS, "tools.oscar_suite.apps.ModelTestsConfig"]
MIGRATION_MODULES = {**MIGRATION_MODULES, "model_tests_app": None}
