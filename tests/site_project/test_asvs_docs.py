"""docs/security_rules.md matches the code."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from commerce.accounts.pictures import FORMATS, MOST_BYTES
from site_project.settings_logs import logging_config
from tests.site_project.test_asvs_input import calls_of_the_code

ROOT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024


def rules(heading):
    """The rows of the table below a heading: {first cell: all cells}."""
    text = (ROOT / "docs" / "security_rules.md").read_text()
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return {row[0].strip(): [cell.strip() for cell in row] for row in rows[2:]}


def test_documented_limits_match_the_settings():
    bodies, limits = rules("Input")["request body"][1], rules("Limits")

    assert f"{settings.BODY_LIMIT // MB} MB;" in bodies
    assert f"{settings.BODY_LIMITS['/admin/'] // MB} MB for `/admin/`" in bodies
    assert f"{settings.BODY_LIMITS['/accounts/picture/'] // MB} MB for a profile" in bodies
    assert "1 to the limit of the shop settings" in rules("Input")["quantity"][1]
    for row, name in (
        ("stock alerts", "product_alert"),
        ("finding an order; withdrawals", "find_order"),
        ("returns", "return_request"),
    ):
        often = settings.ACCOUNT_RATE_LIMITS[name].partition("/")[0]
        assert f"{often} an hour" in limits[row][1]


def test_documented_upload_types_match_the_settings():
    uploads = rules("Uploads")

    def kinds(row):
        return set(re.findall(r"[A-Z]{3,}[A-Za-z]*", uploads[row][2].replace("WebP", "WEBP")))

    photographs = {kind.upper() for kind in settings.WAGTAILIMAGES_EXTENSIONS} - {"JPG"}
    assert kinds("photographs") == photographs
    assert kinds("documents") == {kind.upper() for kind in settings.WAGTAILDOCS_EXTENSIONS}
    assert kinds("profile picture") == set(FORMATS)
    assert f"{settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE // MB} MB" in uploads["photographs"][3]
    assert f"{MOST_BYTES // MB} MB" in uploads["profile picture"][3]


@pytest.mark.parametrize("level", ["secret", "personal", "business", "public"])
def test_every_data_level_has_rules(level):
    assert len(rules("Data")[level][2]) > 20


def test_every_severity_has_a_deadline():
    times = rules("Updates")

    days = [int(re.match(r"(\d+) days", row[1]).group(1)) for row in times.values()]
    assert len(days) == 4
    assert days == sorted(days)


def test_every_log_has_a_place_and_a_retention_period():
    logs = rules("Logs")

    assert {"process", "access", "pages"} < set(logs)
    assert all(all(row) and len(row) == 6 for row in logs.values())


def test_logs_go_to_stderr_only():
    handlers = logging_config(level="INFO")["handlers"].values()

    assert {handler["class"] for handler in handlers} == {"logging.StreamHandler"}


def test_no_code_disables_certificate_verification():
    unsafe = [
        place
        for place, name, call in calls_of_the_code()
        if name.endswith(("_create_unverified_context", "disable_warnings"))
        or any(
            word.arg in ("verify", "verify_ssl_certs", "check_hostname")
            and ast.unparse(word.value) == "False"
            for word in call.keywords
        )
    ]

    assert unsafe == []


def test_scripts_store_only_product_keys():
    storing = {
        path.name: re.findall(r"(?:local|session)Storage\.setItem\((.+)\)", path.read_text())
        for path in (ROOT / "static" / "js").rglob("*.js")
    }

    stored = {name: found for name, found in storing.items() if found}

    assert stored == {
        "compare-choice.js": ["KEY, JSON.stringify(ids)"],
        "recently-viewed.js": ["KEY, JSON.stringify(ids)"],
    }
