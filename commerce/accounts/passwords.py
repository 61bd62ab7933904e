"""Password rules (OWASP ASVS 5.0, 6.2).

Length, common passwords, the shop's and the person's own words, and strength (zxcvbn). There are no
rules about kinds of characters.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from commerce.shop_settings.current import current_shop

SHORTEST = 8
LONGEST = 256
#: zxcvbn's cost grows fast with the length; this many characters are enough to judge.
JUDGED = 72
#: From 0 to 4; 3 means about 10^8 guesses or more with a stolen hash.
LEAST_SCORE = 3
SHOP_WORDS = ("shop", "store", "webshop", "checkout", "basket", "password")
#: A word of the person or the shop counts from this length.
SHORTEST_WORD = 4


def advice() -> str:
    """Advice about good passwords, for forms."""
    return _(
        "At least 8 characters. Three or four unrelated words are easy to remember and hard to "
        "guess. Or let your password manager make one."
    )


class LengthValidator:
    """From 8 to 256 characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < SHORTEST:
            raise ValidationError(
                _("This password has %(length)d characters. Use at least %(least)d.")
                % {"length": len(password), "least": SHORTEST},
                code="password_too_short",
            )
        if len(password) > LONGEST:
            raise ValidationError(
                _("Use at most %(most)d characters.") % {"most": LONGEST},
                code="password_too_long",
            )


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Refuses the 20,000 most common passwords of public breaches; Django ships the list."""

    def validate(self, password: str, user: Any = None) -> None:
        if password.lower().strip() in self.passwords:
            raise ValidationError(
                _("This password appears in lists of stolen passwords. Choose another one."),
                code="password_too_common",
            )


class OwnWordsValidator:
    """Refuses names of the shop and the person: guessers try them first.

    A long password may contain such a word among others.
    """

    def validate(self, password: str, user: Any = None) -> None:
        text = _plain(password)
        for word in (*shop_words(), *person_words(user)):
            if word in text and len(text) - len(word) < SHORTEST:
                raise ValidationError(
                    _(
                        "This password contains “%(word)s”, which is easy to guess. Choose "
                        "words unrelated to you or this shop."
                    )
                    % {"word": word},
                    code="password_own_words",
                )


class StrengthValidator:
    """Refuses passwords that are quickly guessed, and says why."""

    def validate(self, password: str, user: Any = None) -> None:
        words = [*shop_words(), *person_words(user)]
        result = zxcvbn(password[:JUDGED], user_inputs=words)
        if result["score"] < LEAST_SCORE:
            raise ValidationError(_reason(result), code="password_too_weak")


class PasswordValidator:
    """All rules in order: a form shows the first broken rule and one hint."""

    def __init__(self) -> None:
        self.rules = (
            LengthValidator(),
            OwnWordsValidator(),
            CommonPasswordValidator(),
            StrengthValidator(),
        )

    def validate(self, password: str, user: Any = None) -> None:
        for rule in self.rules:
            rule.validate(password, user)

    def get_help_text(self) -> str:
        return advice()


def _reason(result: dict[str, Any]) -> str:
    """One sentence about the weakest part of a password."""
    patterns = {part["pattern"] for part in result["sequence"]}
    if "date" in patterns or re.search(r"(19|20)\d\d", result["password"]):
        return _("A word with a year or a date is easy to guess. Use several unrelated words.")
    if "spatial" in patterns:
        return _("Rows of keys such as “qwerty” are guessed at once. Use unrelated words.")
    if "repeat" in patterns or "sequence" in patterns:
        return _("Repeated characters and sequences such as “abc” or “123” are easy to guess.")
    return _("This password is easy to guess. Add one or two unrelated words.")


@cache
def shop_words() -> tuple[str, ...]:
    """Words of this shop: its name, its host, and common shop words."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    parts = [*re.split(r"\W+", current_shop().name), current_shop().name, *host.split(".")]
    return _words([*parts, *SHOP_WORDS])


def person_words(user: Any) -> tuple[str, ...]:
    """Words of a person: names, and the address with its parts."""
    if user is None:
        return ()
    email = getattr(user, "email", "") or ""
    names = [getattr(user, name, "") or "" for name in ("first_name", "last_name")]
    return _words([*names, email, *re.split(r"[\W_]+", email)])


def _words(parts: Iterable[str]) -> tuple[str, ...]:
    words = (_plain(part) for part in parts)
    return tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST_WORD))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
