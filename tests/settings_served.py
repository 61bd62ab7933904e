"""Settings of a site that a test serves from the test database."""

from site_project.settings import *  # noqa: F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Nobody asks for static files, and scanning two thousand of them slows each start.
STATIC_ROOT, WHITENOISE_USE_FINDERS = None, False
CHECKPOINTS = "tests.races.killer.reached"
