"""Reads the data files of Lindenblatt and expands price lists into variants. No database, no Django."""

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
PHOTOS = FOLDER / "photos"


@dataclass(frozen=True)
class Variant:
    """A variant of a product, or the only one. Weight in grams with packing, size in millimetres."""

    product: str
    options: tuple[str, ...]
    price: Decimal
    stock: int
    weight: int
    size: tuple[int, int, int] | None
    is_shipped: bool
    picture: str
    gift_card: Decimal | None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key in shop.toml: "mohn/a3/eiche"."""
        return "/".join((self.product, *self.options))

    @property
    def sku(self) -> str:
        """The stock-keeping unit: "MOHN-A3-EICHE"."""
        return self.key.replace("/", "-").upper()


@cache
def read(name: str) -> dict[str, Any]:
    """The content of ``data/<name>.toml``."""
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def products() -> list[dict[str, Any]]:
    """The products in catalogue order, as written in products.toml."""
    return read("products")["products"]


def variants(product: dict[str, Any]) -> list[Variant]:
    """The variants of a product in the order of its options; sold-out ones have no stock.

    Raises ``KeyError`` if ``missing``, ``sold_out`` or ``stock`` names a variant that is not listed.
    """
    rows = _rows(product)
    stock = {key: row["stock"] for key, row in rows.items()}
    for key in (
        *product.get("sold_out", ()),
        *product.get("stock", {}),
        *product.get("missing", ()),
    ):
        _ = stock[key]
    stock |= product.get("stock", {})
    stock |= dict.fromkeys(product.get("sold_out", ()), 0)
    missing = set(product.get("missing", ()))
    return [
        _variant(product, key, row, stock=stock[key])
        for key, row in rows.items()
        if key not in missing
    ]


def _rows(product: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if "price_list" in product:
        return read("products")["price_lists"][product["price_list"]]
    return {"/".join(row["options"]): row for row in product["variants"]}


def _variant(product: dict[str, Any], key: str, row: dict[str, Any], *, stock: int) -> Variant:
    options = tuple(key.split("/")) if key else ()
    known = {"options", "price", "stock", "weight", "size", "shipped", "gift_card"}
    return Variant(
        product=product["code"],
        options=options,
        price=Decimal(row["price"]),
        stock=stock,
        weight=row["weight"],
        size=tuple(row["size"]) if "size" in row else None,
        is_shipped=row.get("shipped", read("products")["types"][product["type"]]["shipped"]),
        picture=_picture(product, options),
        gift_card=Decimal(row["gift_card"]) if "gift_card" in row else None,
        attributes={name: value for name, value in row.items() if name not in known},
    )


def _picture(product: dict[str, Any], options: tuple[str, ...]) -> str:
    """The picture of the variant: that of the option which changes how the product looks."""
    shown = product["variant_pictures"]
    if not shown:
        return product["pictures"][0]
    names = read("products")["types"][product["type"]]["options"]
    return f"{product['code']}-{options[names.index(shown)]}"


def pictures() -> set[str]:
    """The names of all pictures that products, categories, scenes and pages refer to."""
    names = set()
    for product in products():
        names.update(product["pictures"])
        names.update(variant.picture for variant in variants(product))
    for department in read("categories")["departments"]:
        names.add(department["photo"])
        names.update(shelf["photo"] for shelf in department["shelves"])
    for scene in read("shop")["scenes"]:
        names.update((scene, f"{scene}-tall"))
    return names


def picture_text(name: str) -> str:
    """The alternative text of a picture by its name. Raises ``KeyError`` if there is none."""
    shop = read("shop")
    scene = name.removesuffix("-tall")
    if scene in shop["scenes"]:
        return shop["scenes"][scene]
    if name in shop["picture_texts_of"]:
        return shop["picture_texts_of"][name]
    code = max(
        (p["code"] for p in products() if name.startswith(f"{p['code']}-")), key=len, default=""
    )
    title = next(p["title"] for p in products() if p["code"] == code)
    return shop["picture_texts"][name.removeprefix(f"{code}-")].format(title=title)
