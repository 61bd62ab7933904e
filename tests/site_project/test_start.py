"""An unsafe production does not start, and the errors name the remedy."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as site_settings

from site_project import production
from site_project.production import REFUSED, is_loopback
from site_project.snapshot import restore
from tests.site import ROOT, site_environment
from tests.site_project.test_checks import ids
from tests.site_project.test_checks import production as environment_of

#: A valid production.
SOUND = {
    "DEBUG": False,
    "SITE_URL": "https://shop.example",
    "IS_HTTPS": True,
    "IS_BEHIND_PROXY": True,
    "ALLOWED_HOSTS": ["shop.example"],
    "SECRET_KEY": "k7#Qv9!zL2@wX5^nB8&mC3*pR6(tY1)uJ4-hG0_fD=aE8+sK5",
    "EMAIL_URL": "smtp://mail.example",
    "MAIL_TO_FILES": False,
    "HAS_OWN_SENDER": True,
    "HAS_OWN_NAME": True,
    "REDIS_URL": "redis://:secret@redis:6379/0",
    "REDIS_WITHOUT_PASSWORD": False,
    "TASK_QUEUE": "database",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "DATABASES": {
        "default": {"ENGINE": "django.db.backends.mysql", "HOST": "db", "PASSWORD": "secret"}
    },
}
MYSQL = {"ENGINE": "django.db.backends.mysql", "PASSWORD": ""}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"SITE_URL": "http://shop.example", "IS_HTTPS": False}, ["vitrine.E010"]),
        ({"DEBUG": True}, ["vitrine.E018"]),
        ({"IS_BEHIND_PROXY": False}, ["vitrine.W004"]),
        ({"ALLOWED_HOSTS": ["127.0.0.1"]}, ["vitrine.E014"]),
        ({"ALLOWED_HOSTS": ["shop.example", "*"]}, ["vitrine.E015"]),
        ({"SECRET_KEY": "ab" * 30}, ["vitrine.E011"]),
        ({"SECRET_KEY": "only-for-the-tests-0123456789-abcdefghij-0123456789"}, ["vitrine.E011"]),
        ({"SECRET_KEY": "django-insecure-k7#Qv9!zL2@wX5^nB8&mC3*pR6(tY1)uJ4-"}, ["vitrine.E011"]),
        ({"EMAIL_URL": ""}, ["vitrine.E012"]),
        ({"EMAIL_URL": "", "MAIL_TO_FILES": True}, []),
        ({"HAS_OWN_SENDER": False}, ["vitrine.E013"]),
        ({"HAS_OWN_NAME": False}, ["vitrine.W005"]),
        ({"REDIS_URL": "redis://redis:6379/0"}, ["vitrine.E016"]),
        ({"REDIS_URL": "redis://redis:6379/0", "REDIS_WITHOUT_PASSWORD": True}, []),
        ({"REDIS_URL": "redis://127.0.0.1:6379/0"}, []),
        ({"REDIS_URL": "unix:///run/redis.sock"}, []),
        ({"REDIS_URL": ""}, []),
        ({"TASK_QUEUE": "immediate"}, ["vitrine.E019"]),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, ["vitrine.W003"]),
        ({"DATABASES": {"default": {**MYSQL, "HOST": "db"}}}, ["vitrine.E017"]),
        ({"DATABASES": {"default": {**MYSQL, "HOST": "/run/mysqld/mysqld.sock"}}}, []),
        ({"DATABASES": {"default": {**MYSQL, "HOST": "127.0.0.1"}}}, []),
        # A local demo needs none of it; a local shop with live keys needs all.
        ({"SITE_URL": "http://127.0.0.1:8000", "IS_HTTPS": False, "ALLOWED_HOSTS": ["localhost"],
          "STRIPE_SECRET_KEY": "", "EMAIL_URL": "", "HAS_OWN_SENDER": False}, []),
        ({"SITE_URL": "http://127.0.0.1:8000", "IS_HTTPS": False, "ALLOWED_HOSTS": ["127.0.0.1"]},
         ["vitrine.E010"]),
        ({"SITE_URL": "http://127.0.0.1:8000", "IS_HTTPS": False, "STRIPE_SECRET_KEY": "",
          "ALLOWED_HOSTS": ["127.0.0.1", "shop.example"]}, ["vitrine.E010"]),
    ],
)  # fmt: skip
def test_production_settings(settings, monkeypatch, changes, expected):
    values = {**SOUND, **changes}
    monkeypatch.setitem(site_settings.DATABASES, "default", values.pop("DATABASES")["default"])
    for name, value in values.items():
        setattr(settings, name, value)

    assert ids(production.check_production(None)) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("shop.localhost", True),
        ("::1", True), ("[::1]", True), ("0.0.0.0", True), ("", True), (None, True),  # noqa: S104
        ("10.0.0.1", False), ("shop.example", False), ("localhost.example", False), ("*", False),
    ],
)  # fmt: skip
def test_addresses_of_this_machine(host, expected):
    assert is_loopback(host) is expected


def start(tmp_path, *command, **changes):
    """Run an entry point in the environment of a safe production with these changes."""
    environment = {**environment_of(tmp_path, **changes), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


ENTRY_POINTS = {
    "wsgi": ["-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'site_project.settings'; "
             "import site_project.wsgi"],
    "asgi": ["-c", "import site_project.asgi"],
    "module": ["-m", "site_project.production"],
    "serve": ["site_project/serve.py", "--port", "8199", "--web-only"],
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_every_entry_point_refuses_a_shop_that_cannot_take_payments(tmp_path, name):
    """Regression: the demo gateway took orders in a shop without keys."""
    run = start(
        tmp_path, *ENTRY_POINTS[name], STRIPE_SECRET_KEY="", STRIPE_PUBLISHABLE_KEY="", EMAIL_URL=""
    )

    assert run.returncode != 0
    lines = [line for line in run.stderr.splitlines() if line.startswith("vitrine: not started.")]
    assert len(lines) == 3, run.stderr
    assert "set STRIPE_SECRET_KEY, or SALES=off" in lines[0]
    assert "set it to the mail server, or set MAIL_TO_FILES=on" in lines[1]
    assert "run `make seed`, or `manage.py migrate_if_needed`" in lines[2]


def test_unreachable_database_is_reported_in_a_sentence(tmp_path):
    url = "mysql://vitrine:wrong-password@127.0.0.1:1/vitrine"
    if not _has_mysqlclient():
        url = "sqlite:////nowhere/at/all/db.sqlite3"

    run = start(tmp_path, *ENTRY_POINTS["module"], DATABASE_URL=url)

    assert run.returncode == REFUSED
    said = "in DATABASE_URL does not respond (" if _has_mysqlclient() else "cannot be opened ("
    assert "vitrine: not started. The database " in run.stderr
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert "wrong-password" not in run.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "DATABASE_URL must begin with sqlite:// or mysql://, and has no scheme."),
        (
            "sqlite:////proc/no/such/db.sqlite3",
            "CommandError: The database /proc/no/such/db.sqlite3 cannot",
        ),
    ],
)
def test_unusable_database_is_reported_in_a_sentence_before_it_is_migrated(tmp_path, url, said):
    """Regression: ``make seed`` printed forty lines of traceback."""
    environment = site_environment(tmp_path, "http://127.0.0.1:8000", DATABASE_URL=url)

    run = subprocess.run(
        [sys.executable, "manage.py", "migrate_if_needed"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1].startswith(said), run.stderr
    assert "Traceback" not in run.stderr


def _has_mysqlclient():
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        return False
    return True


def test_missing_key_is_reported_in_a_sentence(tmp_path):
    run = start(tmp_path, *ENTRY_POINTS["module"], SECRET_KEY="")

    assert run.returncode == REFUSED
    assert run.stderr.startswith("vitrine: not started. SECRET_KEY must be set")
    assert "Traceback" not in run.stderr


def test_migrated_local_demo_starts_without_a_message(tmp_path):
    demo = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "only-for-the-tests-0123456789-abcdefghij-0123456789",
        "SITE_URL": "http://127.0.0.1:8000",
        "DEMO_GATEWAY": "on",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    assert restore(tmp_path / "db.sqlite3")

    run = subprocess.run(
        [sys.executable, "-m", "site_project.production"],
        cwd=ROOT, env=demo, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (0, "")
