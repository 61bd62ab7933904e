"""The tags of cached pages (``commerce.page_cache``)."""

#: Every page of the shop: navigation, footer, and each row without a tag of its own.
SITE = "site"
#: All lists of products. The list of one category depends on ``list_tag`` alone.
LISTS = "lists"
#: Offers as staff write them, and how often they were used.
OFFERS = "offers"
#: Parts of the read model of lists: the bitmaps of filters, those of words, the price windows, and
#: those prices that change by themselves. No page depends on these: it names the lists and cards
#: that it shows.
SETS, WORDS, WINDOWS, TURNS = "sets", "words", "windows", "turns"


def card_tag(product_id: int) -> str:
    """A product as lists and rows of cards show it."""
    return f"card-{product_id}"


def product_tag(product_id: int) -> str:
    """A product as its own page shows it, with its variants, except what ``price_tag`` covers."""
    return f"product-{product_id}"


def price_tag(product_id: int) -> str:
    """Price and stock of a product and its variants, which orders change every minute."""
    return f"price-{product_id}"


def list_tag(category_id: int) -> str:
    """Which products are in a category, and the content of their cards."""
    return f"list-{category_id}"


def order_tag(category_id: int) -> str:
    """Which products are in a category, and their recommended order."""
    return f"order-{category_id}"
