"""Chapters 9, 11 and 16 of docs/security.md: keys, signed values and log entries."""

import ast
import logging
import re
import sys

import jwt
import pytest
from allauth.socialaccount.internal.jwtkit import verify_and_decode
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.fernet import InvalidToken
from django.core import signing
from django.test import RequestFactory
from django.utils.http import urlencode

from commerce.accounts import devices
from commerce.accounts.factors import FactorAdapter
from commerce.orders.guest_links import order_by_token
from site_project import settings as site_settings
from site_project.log_lines import LineFormatter
from site_project.settings_logs import logging_config
from tests.site_project.test_asvs_input import calls_of_the_code

KEY, OTHER_KEY = "k" * 25 + "one" * 9, "k" * 25 + "two" * 9


def test_passwords_are_hashed_with_argon2():
    assert site_settings.PASSWORD_HASHERS[0].endswith(".Argon2PasswordHasher")


def test_no_weak_hash_is_used_for_security():
    weak = [
        place
        for place, name, call in calls_of_the_code()
        if re.fullmatch(r"(hashlib\.)?(md5|sha1)", name)
        and "usedforsecurity=False" not in ast.unparse(call)
    ]

    assert weak == []


def test_tampered_factor_secret_is_refused(settings):
    secret = FactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
    changed = secret[:-8] + ("AAAAAAAA" if secret[-8:] != "AAAAAAAA" else "BBBBBBBB")

    with pytest.raises(InvalidToken):
        FactorAdapter().decrypt(changed)


def test_new_key_reads_data_written_with_the_old_one(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEY, []
    secret, signed = FactorAdapter().encrypt("JBSWY3DPEHPK3PXP"), signing.dumps({"a": 1})

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER_KEY, [KEY]

    assert FactorAdapter().decrypt(secret) == "JBSWY3DPEHPK3PXP"
    assert signing.loads(signed) == {"a": 1}


def test_value_signed_for_one_purpose_fails_for_another(settings):
    facts = {"order": 1, "until": 4_000_000_000}

    assert order_by_token(signing.dumps(facts, salt=devices.SALT)) is None


def test_value_signed_with_another_key_is_refused(settings):
    request = RequestFactory().get("/")
    settings.SECRET_KEY = KEY
    request.COOKIES["device"] = signing.dumps(
        {devices._mark("a@b.example"): "x"}, salt=devices.SALT
    )

    settings.SECRET_KEY = OTHER_KEY

    assert devices.device_of(request, "a@b.example") == ""


def line_of(message, *args, exc_info=None):
    record = logging.LogRecord("vitrine", logging.INFO, "", 0, message, args, exc_info)
    formatter = logging_config(level="INFO")["formatters"]["line"]
    assert formatter["()"] == f"{LineFormatter.__module__}.{LineFormatter.__name__}"
    return LineFormatter(formatter["format"], style=formatter["style"]).format(record)


@pytest.mark.parametrize("ending", ["\n", "\r", "\x1b[2K", "\x85", "\u2028"])
def test_request_text_cannot_start_a_log_line(ending):
    line = line_of("refused: GET %s", f"/x{ending}2026-01-01 INFO vitrine: signed-in")

    assert len(line.splitlines()) == 1
    assert ending not in line


def test_log_times_are_in_utc():
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO vitrine: ", line_of("started"))


def test_error_text_cannot_start_a_log_line():
    try:
        raise ValueError(f"bad\n{urlencode({'a': 1})} INFO vitrine: signed-in")
    except ValueError:
        lines = line_of("failed", exc_info=sys.exc_info()).splitlines()

    assert len(lines) > 2
    assert all(line.startswith("    ") for line in lines[1:])


@pytest.mark.parametrize(
    "change",
    [{"aud": "another-shop"}, {"iss": "https://evil.example"}, {"exp": 1_000_000_000}],
    ids=lambda change: next(iter(change)),
)
def test_id_token_for_another_audience_is_refused(change):
    claims = {"sub": "1", "aud": "our-shop", "iss": "https://id.example", "exp": 4_000_000_000}

    def read(**changes):
        return verify_and_decode(
            credential=jwt.encode({**claims, **changes}, "k" * 32),
            keys_url="",
            issuer="https://id.example",
            audience="our-shop",
            lookup_kid=None,
            verify_signature=False,
        )

    assert read()["sub"] == "1"
    with pytest.raises(OAuth2Error):
        read(**change)
