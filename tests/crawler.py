"""Reads a page like a crawler: its structured data, head and text."""

import json
import re
from decimal import Decimal

from bs4 import BeautifulSoup


class Crawled:
    """A page from Django's test client, parsed."""

    def __init__(self, response, *, status=200):
        assert response.status_code == status, response
        self.soup = BeautifulSoup(response.content, "html.parser")
        blocks = self.soup.find_all("script", type="application/ld+json")
        self.data = [json.loads(block.string) for block in blocks]

    def of_type(self, kind):
        """All entities of a schema.org type."""
        entities = [entity for data in self.data for entity in data.get("@graph", [data])]
        return [entity for entity in entities if entity["@type"] == kind]

    def only(self, kind):
        """The only entity of a type."""
        (entity,) = self.of_type(kind)
        return entity

    def product(self):
        """The data of the only product, with or without variants."""
        (entity,) = [*self.of_type("Product"), *self.of_type("ProductGroup")]
        return entity

    def meta(self, name):
        """The content of a meta element by its name or property, or None."""
        tag = self.soup.find("meta", attrs={"property": name}) or self.soup.find(
            "meta", attrs={"name": name}
        )
        return tag["content"] if tag else None

    @property
    def canonical(self):
        """The canonical URL, or None. Fails if there are two."""
        links = self.soup.find_all("link", rel="canonical")
        assert len(links) <= 1
        return links[0]["href"] if links else None

    def text(self, selector):
        """The text of the first match of a CSS selector, on one line. Fails if there is none."""
        tag = self.soup.select_one(selector)
        assert tag, f"nothing matches {selector}"
        return " ".join(tag.get_text(" ").split())

    def texts(self, selector):
        """The text of every match of a CSS selector."""
        return [" ".join(tag.get_text(" ").split()) for tag in self.soup.select(selector)]


def amounts(text):
    """The prices in a text, as Decimals: "Now £72 before £90" gives 72 and 90."""
    return [Decimal(amount) for amount in re.findall(r"£(\d+(?:\.\d\d)?)", text)]


def offers_of(data):
    """The offers in a product's data, the selected variant's first, each with its ``sku``."""
    products = data.get("hasVariant") or [data]
    found = []
    for one in products:
        offers = one.get("offers", [])
        for offer in offers if isinstance(offers, list) else [offers]:
            found.append({**offer, "sku": one.get("sku"), "name": one["name"]})
    return found
