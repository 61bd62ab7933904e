"""Loads the demo shop Lindenblatt: catalogue, pictures, pages, people. Only adds what is missing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from oscar.core.loading import get_model

from commerce.models import ShopSettings
from demo import orders, people
from demo.body_builder import BodyBuilder
from demo.catalogue import load_delivery
from demo.lindenblatt import catalogue, goods, pages, pictures, pricing

#: Role (None for a customer), name before the @, first and last name.
PEOPLE = (
    ("Admin", "admin", "Friederike", "Moll"),
    ("Editor", "editor", "Jolanda", "Feit"),
    ("Merchandiser", "merchandiser", "Karl", "Ahrendt"),
    ("Support", "support", "Nele", "Wirth"),
    ("Finance", "finance", "Tarek", "Aslan"),
    (None, "customer", "Robin", "Haase"),
)
DOMAIN = "lindenblatt.example"


def count_pictures() -> int:
    """The number of pictures to load."""
    return len(goods.pictures())


def load_catalogue(at: datetime) -> None:
    """Load delivery, settings, categories, products, facets, synonyms and offers."""
    load_delivery(goods.read("shop"))
    load_shop_settings()
    catalogue.load_categories()
    catalogue.load_products()
    catalogue.load_facets()
    catalogue.load_synonyms()
    pricing.load_sale(at=at)
    pricing.load_offer()
    pricing.load_voucher(at=at)


def load_pictures(*, on_done: Callable[[Any], object]) -> dict[str, Any]:
    """Load the pictures and those of the products; returns the images by name."""
    images = pictures.load_images(on_done=on_done)
    pictures.load_product_pictures(images)
    pictures.load_category_pictures(images)
    return images


def load_pages(images: dict[str, Any]) -> int:
    """Load the pages; returns how many were written."""
    products = get_model("catalogue", "Product").objects.exclude(structure="child")
    by_upc = {product.upc: product for product in products}
    codes = {row["code"]: by_upc.get(row["code"].upper()) for row in goods.products()}
    categories = get_model("catalogue", "Category").objects.filter(code__isnull=False)
    by_code = {category.code: category for category in categories}
    return pages.load_pages(BodyBuilder(images, codes, by_code))


def load_people(at: datetime) -> dict[str, Any]:
    """Load the customers, their reviews and their past orders."""
    customers = people.load_customers(goods.read("customers"))
    reviews = {code.upper(): rows for code, rows in goods.read("reviews").items()}
    people.load_reviews(customers, at=at, reviews=reviews)
    orders.load_orders(customers, at=at, shop=_shop())
    return customers


def _shop() -> orders.Shop:
    """What past orders are drawn from. E-books and gift cards are left out: they are not sent."""
    codes = {row["code"]: [one.sku for one in goods.variants(row)] for row in goods.products()}
    return orders.Shop(
        name="lindenblatt",
        records=orders.records_by_code(codes),
        reviews=orders.reviewers_of(goods.read("reviews")),
        addresses=goods.read("customers"),
        carriers=("dhl-paket", "dpd-de"),
        words=goods.read("shop")["history"],
    )


@transaction.atomic
def load_shop_settings() -> None:
    """Fill in the settings that staff have not set."""
    row = ShopSettings.objects.order_by("pk").first() or ShopSettings()
    for name, value in _settings().items():
        if not getattr(row, name):
            setattr(row, name, value)
    row.full_clean()
    row.save()


def _settings() -> dict[str, Any]:
    data = goods.read("settings")
    company, light, dark = data["company"], data["colours"]["light"], data["colours"]["dark"]
    return {
        "name": data["SITE_NAME"],
        "strapline": data["words"]["slogan"],
        "company": company["name"],
        "address": "\n".join(data["SELLER_ADDRESS"].split("|")),
        "representative": " und ".join(company["directors"]),
        "register_number": f"{company['register_court']}, {company['register_number']}",
        "vat_number": company["vat_number"],
        "email": company["email"],
        "telephone": company["phone_display"],
        "hours": data["hours_note"]["text"].replace(". ", ".\n"),
        "paper": light["paper"],
        "ink": light["ink"],
        "accent": light["accent"],
        "sale": light["warm"],
        "paper_dark": dark["paper"],
        "ink_dark": dark["ink"],
        "accent_dark": dark["accent"],
        "sale_dark": dark["warm"],
        "heading_font": "newsreader",
        "body_font": "source-sans-3",
        "country_id": company["country"],
        "currency": data["locale"]["currency"],
        "language": data["locale"]["language"],
        "time_zone": data["locale"]["time_zone"],
        "holiday_region": data["locale"]["holidays"].partition("-")[2],
        "order_number_prefix": data["ORDER_NUMBER_PREFIX"],
        "product_word": data["words"]["product"],
        "product_word_plural": data["words"]["products"],
        "facts_label": "Auf einen Blick",
        "facts": [
            ("fact", {"attribute": code, "text": text})
            for code, text in (("technik", "{value}"), ("autor", "{value}"), ("papier", "{value}"))
        ],
        "empty_basket_text": "Noch nichts darin. Die Drucke hängen links, die Bücher stehen rechts.",
    }
