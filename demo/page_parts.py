"""Short words for building page bodies: photographs and products by their names in the demo's files."""

from dataclasses import dataclass, field

from oscar.core.loading import get_model
from wagtail.models import Page

from demo import files


@dataclass
class Pieces:
    """What bodies refer to, and one function for each kind of block. No database after ``gather``."""

    images: dict
    products: dict
    categories: dict
    pages: dict = field(default_factory=dict)
    banners: dict = field(default_factory=dict)
    collections: dict = field(default_factory=dict)

    @classmethod
    def gather(cls, images):
        """Look the catalogue up once."""
        products = get_model("catalogue", "Product").objects.filter(structure="parent")
        by_upc = {product.upc: product for product in products}
        codes = {form["code"]: by_upc.get(files.sku(form["code"])) for form in files.forms()}
        categories = get_model("catalogue", "Category").objects.filter(code__isnull=False)
        return cls(images, codes, {category.code: category for category in categories})

    def link(self, label, target):
        """A link to "page:slug", "category:code", "product:code", "collection:slug" or an address."""
        kind, _colon, name = target.partition(":")
        if kind == "page":
            # The block wants the plain page that its chooser would give.
            return {"label": label, "page": Page.objects.get(pk=self.pages[name].pk)}
        if kind == "category":
            return {"label": label, "category": self.categories[name]}
        if kind == "product":
            return {"label": label, "product": self.products[name]}
        if kind == "collection":
            return {"label": label, "collection": self.collections[name]}
        return {"label": label, "address": target}

    def anchor(self, text, slug):
        """A link to a page inside a rich text."""
        return f'<a linktype="page" id="{self.pages[slug].pk}">{text}</a>'

    def hero(self, photo, heading, *, text="", link=None):
        return (
            "hero",
            {
                "image": self.images[photo],
                "heading": heading,
                "text": text,
                "link": self.link(*link) if link else {},
            },
        )

    def text(self, html):
        return ("text", html)

    def feature(self, photo, heading, *, text, eyebrow="", link=None):
        """A photograph, then words."""
        return (
            "feature",
            {
                "image": self.images[photo],
                "eyebrow": eyebrow,
                "heading": heading,
                "text": text,
                "link": self.link(*link) if link else {},
                "image_side": "start",
            },
        )

    def feature_end(self, photo, heading, **words):
        """Words, then a photograph."""
        name, value = self.feature(photo, heading, **words)
        return name, value | {"image_side": "end"}

    def image(self, photo, caption="", *, width="text"):
        return ("image", {"image": self.images[photo], "caption": caption, "width": width})

    def gallery(self, heading, *rows):
        return (
            "gallery",
            {
                "heading": heading,
                "images": [{"image": self.images[name], "caption": words} for name, words in rows],
            },
        )

    def quote(self, text, attribution="", *, products=()):
        return (
            "quote",
            {"text": text, "attribution": attribution, "products": self._products(products)},
        )

    def product(self, code, text=""):
        return ("product", {"product": self.products[code], "text": text})

    def row(self, heading, codes, *, link=None, when_sold_out="last"):
        return (
            "product_row",
            {
                "heading": heading,
                "products": self._products(codes),
                "link": self.link(*link) if link else {},
                "when_sold_out": when_sold_out,
            },
        )

    def collection(self, name, heading=""):
        return (
            "collection",
            {"collection": self.collections[name], "heading": heading, "count": "4"},
        )

    def tiles(self, heading, *rows):
        """Tiles of (photo, target, heading, text); the target as in ``link``."""
        return (
            "category_teaser",
            {"heading": heading, "tiles": [self._tile(*row) for row in rows]},
        )

    def _tile(self, photo, target, heading, text):
        link = self.link("", target)
        return {
            "image": self.images[photo],
            "category": link.get("category"),
            "page": link.get("page"),
            "heading": heading,
            "text": text,
        }

    def banner(self, name):
        return ("banner", {"banner": self.banners[name]})

    def _products(self, codes):
        return [self.products[code] for code in codes if self.products[code] is not None]
