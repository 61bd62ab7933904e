"""The tags of cached pages (``commerce.page_cache``)."""

#: Every page of the shop: navigation, footer, and all rows without their own tag.
SITE = "site"
#: All lists of products. The list of one category depends on ``list_tag`` alone.
LISTS = "lists"
#: Offers as staff define them, and their use counts.
OFFERS = "offers"
#: Parts of the read model of lists: facet bitmaps, word bitmaps, price windows, and prices that
#: change by themselves. Pages do not depend on these, but on the lists and cards that they show.
SETS, WORDS, WINDOWS, TURNS = "sets", "words", "windows", "turns"


def card_tag(product_id: int) -> str:
    """A product as shown in lists and on cards."""
    return f"card-{product_id}"


def product_tag(product_id: int) -> str:
    """A product as shown on its own page with its variants, except what ``price_tag`` covers."""
    return f"product-{product_id}"


def price_tag(product_id: int) -> str:
    """Price and stock of a product and its variants. Orders change these all the time."""
    return f"price-{product_id}"


def list_tag(category_id: int) -> str:
    """The products of a category, and the content of their cards."""
    return f"list-{category_id}"


def order_tag(category_id: int) -> str:
    """The products of a category, and their recommended order."""
    return f"order-{category_id}"
