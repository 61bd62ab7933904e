"""Reads the demo's data files and photographs. Does not use the database."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PHOTOS = FOLDER / "photos"


@cache
def read(name: str) -> dict[str, Any]:
    """The content of ``data/<name>.toml``."""
    with (FOLDER / "data" / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def forms() -> list[dict[str, Any]]:
    """The forms (products, with their glazes as variants) in catalogue order."""
    return read("forms")["forms"]


def sku(form_code: str, glaze: str | None = None) -> str:
    """The SKU of a form, or of a form in a glaze: "MUG", "MUG-OAT"."""
    return (f"{form_code}-{glaze}" if glaze else form_code).upper()


def photo_bytes(name: str) -> bytes:
    """The content of a photograph, by its name without the extension."""
    return (PHOTOS / f"{name}.jpg").read_bytes()
