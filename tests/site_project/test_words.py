"""The translation catalogue contains all of the shop's texts and is compiled."""

import ast
import re
from pathlib import Path

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

FOLDER = Path(settings.BASE_DIR, "locale/en_GB/LC_MESSAGES")
FLOORS = ("site_project", "home", "commerce", "checkout_app")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
REFRESH = "make messages gathers the words and compiles them"


def catalogue():
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file)


def words_of_templates():
    """The texts of ``{% translate "…" %}`` and ``_("…")`` in templates."""
    pattern = re.compile(r'{% translate "([^"]+)"|_\("([^"]+)"\)')
    for path in Path(settings.BASE_DIR, "templates").rglob("*"):
        if path.suffix in (".html", ".txt"):
            for found in pattern.findall(path.read_text("utf-8")):
                yield "".join(found)


def words_of_modules():
    """The texts that modules mark for translation."""
    for floor in FLOORS:
        for path in Path(settings.BASE_DIR, floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS
                if is_call and node.args and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value


def plain(words):
    """One text, or one with its plural, as a tuple. Templates double a per cent sign."""
    words = (words,) if isinstance(words, str) else words
    return tuple(text.replace("%%", "%") for text in words)


def test_every_text_is_in_the_catalogue():
    known = {text for row in catalogue() for text in plain(row.id)}
    words = {*words_of_templates(), *words_of_modules()} - {""}

    assert len(words) > 500
    assert sorted({*plain(words)} - known) == [], REFRESH


def test_compiled_catalogue_matches_its_source():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = {plain(row.id): plain(row.string) for row in read_mo(file) if row.id}

    written = {plain(row.id): plain(row.string) for row in catalogue() if row.id}
    assert compiled == written, REFRESH
