"""Builds page bodies from the names of photographs and products in the demo's data files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from oscar.core.loading import get_model
from wagtail.models import Page

from demo import files

#: The type and value of a block.
Block: TypeAlias = tuple[str, Any]
#: Label and target of a link.
LinkArgs: TypeAlias = tuple[str, str]


@dataclass
class BodyBuilder:
    """One method per kind of block. Stores the objects to refer to; only ``gather`` queries products."""

    images: dict[str, Any]
    products: dict[str, Any]
    categories: dict[str, Any]
    pages: dict[str, Page] = field(default_factory=dict)
    banners: dict[str, Any] = field(default_factory=dict)
    collections: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def gather(cls, images: dict[str, Any]) -> "BodyBuilder":
        """A builder with the demo's products and categories."""
        products = get_model("catalogue", "Product").objects.filter(structure="parent")
        by_upc = {product.upc: product for product in products}
        codes = {form["code"]: by_upc.get(files.sku(form["code"])) for form in files.forms()}
        categories = get_model("catalogue", "Category").objects.filter(code__isnull=False)
        return cls(images, codes, {category.code: category for category in categories})

    def link(self, label: str, target: str) -> dict[str, Any]:
        """A link to "page:slug", "category:code", "product:code", "collection:slug" or a URL."""
        kind, _colon, name = target.partition(":")
        if kind == "page":
            # The block expects a plain Page, as its chooser returns it.
            return {"label": label, "page": Page.objects.get(pk=self.pages[name].pk)}
        if kind == "category":
            return {"label": label, "category": self.categories[name]}
        if kind == "product":
            return {"label": label, "product": self.products[name]}
        if kind == "collection":
            return {"label": label, "collection": self.collections[name]}
        return {"label": label, "address": target}

    def anchor(self, text: str, slug: str) -> str:
        """The HTML of a link to a page in rich text."""
        return f'<a linktype="page" id="{self.pages[slug].pk}">{text}</a>'

    def hero(
        self,
        photo: str,
        heading: str,
        *,
        text: str = "",
        link: LinkArgs | None = None,
        layout: str = "full",
    ) -> Block:
        return (
            "hero",
            {
                "image": self.images[photo],
                "phone_image": self.images.get(f"{photo}-tall"),
                "heading": heading,
                "text": text,
                "link": self.link(*link) if link else {},
                "layout": layout,
            },
        )

    def text(self, html: str) -> Block:
        return ("text", html)

    def statement(
        self, text: str, *, eyebrow: str = "", link: LinkArgs | None = None, ground: str = "paper"
    ) -> Block:
        return (
            "statement",
            {
                "text": text,
                "eyebrow": eyebrow,
                "link": self.link(*link) if link else {},
                "ground": ground,
            },
        )

    def feature(
        self,
        photo: str,
        heading: str,
        *,
        text: str,
        eyebrow: str = "",
        link: LinkArgs | None = None,
        layout: str = "half",
    ) -> Block:
        """A photograph followed by text."""
        return (
            "feature",
            {
                "image": self.images[photo],
                "eyebrow": eyebrow,
                "heading": heading,
                "text": text,
                "link": self.link(*link) if link else {},
                "image_side": "start",
                "layout": layout,
            },
        )

    def feature_end(self, photo: str, heading: str, **words: Any) -> Block:
        """Text followed by a photograph; arguments as for ``feature``."""
        name, value = self.feature(photo, heading, **words)
        return name, value | {"image_side": "end"}

    def image(self, photo: str, caption: str = "", *, width: str = "text") -> Block:
        return ("image", {"image": self.images[photo], "caption": caption, "width": width})

    def gallery(self, heading: str, *rows: tuple[str, str]) -> Block:
        """Photographs, given as ``(photo, caption)``."""
        return (
            "gallery",
            {
                "heading": heading,
                "images": [{"image": self.images[name], "caption": words} for name, words in rows],
            },
        )

    def quote(
        self,
        text: str,
        attribution: str = "",
        *,
        products: Iterable[str] = (),
        ground: str = "paper",
    ) -> Block:
        return (
            "quote",
            {
                "text": text,
                "attribution": attribution,
                "products": self._products(products),
                "ground": ground,
            },
        )

    def product(self, code: str, text: str = "") -> Block:
        return ("product", {"product": self.products[code], "text": text})

    def row(
        self,
        heading: str,
        codes: Iterable[str],
        *,
        link: LinkArgs | None = None,
        when_sold_out: str = "last",
        layout: str = "grid",
    ) -> Block:
        return (
            "product_row",
            {
                "heading": heading,
                "products": self._products(codes),
                "link": self.link(*link) if link else {},
                "when_sold_out": when_sold_out,
                "layout": layout,
            },
        )

    def collection(self, name: str, heading: str = "") -> Block:
        return (
            "collection",
            {"collection": self.collections[name], "heading": heading, "count": "4"},
        )

    def tiles(self, heading: str, *rows: tuple[str, str, str, str], layout: str = "row") -> Block:
        """Tiles, given as ``(photo, target, heading, text)`` with a target as in ``link``."""
        tiles = [self._tile(*row) for row in rows]
        return ("category_teaser", {"heading": heading, "tiles": tiles, "layout": layout})

    def _tile(self, photo: str, target: str, heading: str, text: str) -> dict[str, Any]:
        link = self.link("", target)
        return {
            "image": self.images[photo],
            "category": link.get("category"),
            "page": link.get("page"),
            "heading": heading,
            "text": text,
        }

    def banner(self, name: str) -> Block:
        return ("banner", {"banner": self.banners[name]})

    def _products(self, codes: Iterable[str]) -> list[Any]:
        return [self.products[code] for code in codes if self.products[code] is not None]
