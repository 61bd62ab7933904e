"""Settings of a site that a test serves from the test database."""

from site_project.settings import *  # noqa: F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
CHECKPOINTS = "tests.races.killer.reached"
