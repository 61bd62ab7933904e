"""Slugs from names in any script. A slug is never empty: URLs cannot be built from an empty one."""

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING

from anyascii import anyascii
from django.utils.text import slugify
from django.utils.translation import get_language

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The slug of a name without any describable character.
UNNAMED = "unnamed"
#: The most characters of a slug that describes punctuation.
DESCRIBED = 60
#: Letters that a language writes as two in ASCII.
OWN_LETTERS = {
    "de": str.maketrans(
        {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
    ),
    "da": str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}),
}
#: How anyascii writes an emoji.
EMOJI = re.compile(r":(\w+):")


def slug_from(value: object, allow_unicode: bool = False) -> str:
    """The slug of a name: lower case, never empty, at any length (``cut_slug`` shortens it).

    The name is transliterated. With ``allow_unicode`` it keeps its script, except words with
    combining marks: URL patterns match letters only, and such a word is unreadable without its
    marks. A name without letters or digits is described: "%" becomes "percent-sign". It is the same
    in every language; ``slug_of_name`` follows the active one.
    """
    text = unicodedata.normalize("NFKC", str(value))
    words = (
        word if allow_unicode and not _has_marks(word) else _latin(word) for word in text.split()
    )
    return slugify(" ".join(words), allow_unicode=allow_unicode) or _description(text)


def slug_of_name(value: object, allow_unicode: bool = False) -> str:
    """``slug_from`` as the active language writes its letters in ASCII: "Höhe" is "hoehe" in German.

    Oscar calls this function through ``OSCAR_SLUG_FUNCTION``.
    """
    text = str(value)
    if not allow_unicode:
        language = (get_language() or "").partition("-")[0]
        text = text.translate(OWN_LETTERS.get(language, {}))
    return slug_from(text, allow_unicode)


def code_from(value: object) -> str:
    """The code of a product attribute: a Python identifier in ASCII, never empty or reserved."""
    code = slug_from(value).replace("-", "_")
    # Oscar's own rule: attributes are read as product.attr.<code>.
    return code if code.isidentifier() and not keyword.iskeyword(code) else f"_{code}"


def cut_slug(slug: str, length: int) -> str:
    """The slug with at most ``length`` characters, without a hyphen at its end."""
    return slug[:length].rstrip("-_") or slug[:length]


def unique_slug(slug: str, others: "QuerySet", *, length: int) -> str:
    """The slug, numbered if a row of ``others`` has it, with at most ``length`` characters."""
    slug = candidate = cut_slug(slug, length)
    number = 1
    while others.filter(slug=candidate).exists():
        number += 1
        candidate = f"{cut_slug(slug, length - len(str(number)) - 1)}-{number}"
    return candidate


def _has_marks(word: str) -> bool:
    return any(unicodedata.category(letter).startswith("M") for letter in word)


def _latin(word: str) -> str:
    """The word in ASCII letters; an emoji becomes its name."""
    if word.isascii():
        return word
    return EMOJI.sub(lambda emoji: f" {emoji[1].replace('_', ' ')} ", anyascii(word))


def _description(text: str) -> str:
    """The Unicode names of the characters, each once."""
    names = dict.fromkeys(unicodedata.name(letter, "") for letter in text if not letter.isspace())
    return cut_slug(slugify(" ".join(names)), DESCRIBED) or UNNAMED
