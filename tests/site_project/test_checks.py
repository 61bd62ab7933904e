"""The checks refuse an unsafe configuration and accept a safe one."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as site_settings
from django.db import connection

from site_project import checks
from site_project.environment import MYSQL_SESSION
from tests.test_architecture import ROOT

LIVE = {
    "STRIPE_SECRET_KEY": "sk_live_0123456789abcdef",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_0123456789abcdef",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_0123456789"],
    "DEBUG": False,
}


def ids(problems):
    return [problem.id for problem in problems]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"STRIPE_SECRET_KEY": "", "DEMO_GATEWAY": False}, ["vitrine.E001"]),
        ({"STRIPE_SECRET_KEY": "", "DEMO_GATEWAY": True}, []),
        ({"STRIPE_SECRET_KEY": "", "DEMO_GATEWAY": False, "SALES": False}, []),
        ({"STRIPE_SECRET_KEY": "", "DEMO_GATEWAY": False, "DEBUG": True}, []),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}, ["vitrine.E002"]),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, ["vitrine.E002"]),
        ({"STRIPE_WEBHOOK_SECRETS": []}, ["vitrine.E003"]),
        ({"DEBUG": True}, ["vitrine.E004"]),
    ],
)
def test_payment(settings, changes, expected):
    for name, value in {**LIVE, **changes}.items():
        setattr(settings, name, value)

    assert ids(checks.check_payment(None)) == expected


@pytest.mark.parametrize(
    ("currency", "expected"), [("GBP", []), ("KWD", ["vitrine.E005"]), ("UGX", ["vitrine.E005"])]
)
def test_currency(settings, currency, expected):
    settings.OSCAR_DEFAULT_CURRENCY = currency

    assert ids(checks.check_currency(None)) == expected


def test_atomic_requests_are_refused(db, settings, monkeypatch):
    assert checks.check_database(None, databases=["default"]) == [] or (
        site_settings.DATABASES["default"]["ENGINE"].endswith("mysql")
    )

    monkeypatch.setitem(site_settings.DATABASES["default"], "ATOMIC_REQUESTS", True)

    assert ids(checks.check_database(None, databases=["default"])) == ["vitrine.E006"]


def test_database_is_queried_only_on_request(settings, monkeypatch):
    monkeypatch.setitem(site_settings.DATABASES["default"], "ATOMIC_REQUESTS", True)

    assert checks.check_database(None, databases=None) == []


def test_sqlite_with_deferred_locking_is_refused(monkeypatch):
    monkeypatch.setitem(site_settings.DATABASES["default"], "OPTIONS", {})

    assert ids(checks._check_sqlite()) == ["vitrine.E009"]


class FakeServer:
    """A connection to a MySQL server with these settings."""

    vendor, mysql_is_mariadb = "mysql", True

    def __init__(self, *row):
        self.row = row

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def execute(self, sql):
        assert "@@sql_mode" in sql

    def fetchone(self):
        return self.row


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("READ-COMMITTED", "STRICT_TRANS_TABLES", "utf8mb4_uca1400_as_ci"), []),
        (("REPEATABLE-READ", "STRICT_TRANS_TABLES", "utf8mb4_uca1400_as_ci"), ["vitrine.E007"]),
        (("READ-COMMITTED", "", "utf8mb4_uca1400_as_ci"), ["vitrine.E008"]),
        (("READ-COMMITTED", "STRICT_TRANS_TABLES", "utf8mb4_0900_ai_ci"), ["vitrine.W001"]),
        (("READ-COMMITTED", "STRICT_TRANS_TABLES", "latin1_swedish_ci"), ["vitrine.W001"]),
    ],
)
def test_mysql_settings_are_read_from_the_server(monkeypatch, row, expected):
    monkeypatch.setattr(checks, "connection", FakeServer(*row))

    assert ids(checks.check_database(None, databases=["default"])) == expected


def production(tmp_path, **changes):
    """The environment of a production site with live keys."""
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "k7#Qv9!zL2@wX5^nB8&mC3*pR6(tY1)uJ4-hG0_fD=aE8+sK5-wR2:oI9~eT7",
        "SITE_URL": "https://shop.example",
        "DEBUG": "off",
        "DEMO_GATEWAY": "off",
        "STRIPE_SECRET_KEY": LIVE["STRIPE_SECRET_KEY"],
        "STRIPE_PUBLISHABLE_KEY": LIVE["STRIPE_PUBLISHABLE_KEY"],
        "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
        "SELLER_ADDRESS": "3 Quay Lane|Saltmarsh|NR23 1ZZ",
        "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
        "DEFAULT_FROM_EMAIL": "Shop <orders@shop.example>",
        "BEHIND_PROXY": "on",
        "SITE_NAME": "North & Vale",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "VAR_DIR": str(tmp_path),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "REDIS_URL": "",
        "S3_BUCKET": "",
        "TASK_QUEUE": "database",
        "ALLOWED_HOSTS": "",
        **changes,
    }


def check_deploy(environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_valid_production_passes_without_a_warning(tmp_path):
    run = check_deploy(production(tmp_path))

    assert run.returncode == 0, run.stderr
    assert "no issues" in run.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SITE_URL": "http://shop.example"}, "vitrine.E010"),
        ({"STRIPE_SECRET_KEY": "", "STRIPE_PUBLISHABLE_KEY": ""}, "vitrine.E001"),
        ({"SELLER_ADDRESS": ""}, "vitrine.W002"),
        ({"SECRET_KEY": "too-short"}, "SECRET_KEY must be set"),
        ({"TASK_QUEUE": "redis"}, "TASK_QUEUE=redis needs REDIS_URL"),
    ],
)
def test_invalid_production_does_not_start(tmp_path, changes, words):
    run = check_deploy(production(tmp_path, **changes))

    assert run.returncode != 0
    assert words in run.stderr


def test_thousand_keys_are_not_converted_to_a_table(db):
    """With MariaDB's default, the rebuild of a large catalogue takes four times as long."""
    # In a comment that only MariaDB reads, because MySQL refuses the unknown variable.
    assert re.search(r"/\*M!\d+ [^*]*in_predicate_conversion_threshold=0", MYSQL_SESSION)

    if connection.vendor == "mysql" and connection.mysql_is_mariadb:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@in_predicate_conversion_threshold")
            assert cursor.fetchone() == (0,)
