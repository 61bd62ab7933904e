"""Passwords that the shop accepts and refuses, tested with its forms."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from commerce.accounts.passwords import shop_words
from tests.factories import make_user

pytestmark = pytest.mark.django_db
User = get_user_model()


@pytest.fixture(autouse=True)
def _named_shop(settings):
    settings.SITE_NAME = "Saltmarsh"
    shop_words.cache_clear()
    yield
    shop_words.cache_clear()


def reasons(password, user=None):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    return " ".join(refused.value.messages)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("k9$Qz", "Use at least 8"),
        ("x" * 300, "at most 256"),
        ("sunshine1", "stolen passwords"),
        ("saltmarsh", "Saltmarsh".lower()),
        ("Salt-Marsh!9", "saltmarsh"),
        ("my-shop-2026", "shop"),
        ("Summer2026!", "year"),
        ("asdfghjkl;'", "keys"),
        ("aaaaaaaaaaaa", "Repeated"),
        ("zephyr12", "easy to guess"),
    ],
)
def test_weak_password_is_refused_with_its_reason(password, reason):
    assert reason in reasons(password)


def test_own_name_and_address_are_refused():
    user = make_user("marguerite.okafor@example.com", first_name="Marguerite")

    assert "marguerite" in reasons("Marguerite-77", user)
    assert "okafor" in reasons("okafor-okay!", user)


@pytest.mark.parametrize(
    "password",
    [
        "kettle orbit plum",
        "correct battery saltmarsh staple",
        "a quiet morning by the harbour wall, " * 3,
        "ﬁnnische Möwen über Hafen",
        "kU7#vpL2xw!q",
    ],
)
def test_strong_password_is_accepted_without_composition_rules(password):
    validate_password(password)


def test_sign_up_explains_the_refusal_and_keeps_the_address(client):
    response = client.post(
        reverse("account_signup"), {"email": "ada@example.com", "password1": "saltmarsh"}
    )

    text = response.content.decode()
    assert "which is easy to guess" in text
    assert 'value="ada@example.com"' in text
    assert not User.objects.exists()


def test_sign_up_page_gives_advice_and_supports_password_managers(client):
    text = client.get(reverse("account_signup")).content.decode()

    assert "Three or four unrelated words" in text
    assert 'autocomplete="new-password"' in text
    assert "onpaste" not in text
