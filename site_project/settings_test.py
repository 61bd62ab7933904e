"""Settings of the test suite. Uses SQLite unless TEST_DATABASE_URL names another database."""

import os
import tempfile
from pathlib import Path

os.environ.update(
    SECRET_KEY="only-for-the-tests-0123456789-abcdefghij-0123456789",
    DEBUG="off",
    DEMO_GATEWAY="on",
    SITE_URL="http://testserver",
    TASK_QUEUE="immediate",
    EMAIL_URL="",
    REDIS_URL="",
    STRIPE_SECRET_KEY="",
    STRIPE_PUBLISHABLE_KEY="",
    STRIPE_WEBHOOK_SECRETS="",
    S3_BUCKET="",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite:///var/test.sqlite3"),
)

from site_project.settings import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="vitrine-test-media-"))
STORAGES["private"]["OPTIONS"]["location"] = tempfile.mkdtemp(prefix="vitrine-test-private-")
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Each test client loads the middleware, and scanning two thousand files would take long.
STATIC_ROOT, WHITENOISE_USE_FINDERS = None, False
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    DATABASES["default"]["TEST"] = {
        "CHARSET": "utf8mb4",
        "COLLATION": "utf8mb4_uca1400_as_ci",
    }
else:
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}

# Tests roll back their changes: a cached value would be wrong in the next test.
PAGE_CACHE = False
PAGE_VERSIONS = "none"

# Tests sign staff in without a browser that stores the cookie. Tests of the limit turn it on.
STAFF_IDLE_MINUTES = 0

# A thread would write to the database of another test.
COUNTER_SECONDS = 0

# Image keys repeat after each test: a cached rendition would be that of another image.
CACHES = {
    "throttles": CACHES["throttles"],
    "template_fragments": CACHES["template_fragments"],
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "renditions": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Nothing has to survive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] = DATABASES["default"]["OPTIONS"][
        "init_command"
    ].replace("synchronous=NORMAL", "synchronous=OFF")
