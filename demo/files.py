"""Reading the demo shop's files. No database here."""

import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
PHOTOS = FOLDER / "photos"


@cache
def read(name):
    """The contents of ``data/<name>.toml``."""
    with (FOLDER / "data" / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def forms():
    """The forms, in the order of the catalogue."""
    return read("forms")["forms"]


def sku(form_code, glaze=None):
    """How the studio counts a form, or a form in a glaze: "MUG", "MUG-OAT"."""
    return (f"{form_code}-{glaze}" if glaze else form_code).upper()


def photo_bytes(name):
    """The file of a photograph, by its name without the extension."""
    return (PHOTOS / f"{name}.jpg").read_bytes()
