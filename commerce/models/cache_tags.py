"""The tags of cached pages (``commerce.page_cache``)."""

#: Every page of the shop: navigation, footer, and each row without a tag of its own.
SITE = "site"
#: All lists of products. The list of one category depends on ``list_tag`` alone.
LISTS = "lists"
#: Offers, and how often they were used.
OFFERS = "offers"
#: Parts of the read model of lists: bitmaps of facets, bitmaps of words, price windows, and prices
#: that change on schedule. Only memoised values depend on these; pages depend on lists and cards.
SETS, WORDS, WINDOWS, SCHEDULED_PRICES = "sets", "words", "windows", "scheduled-prices"


def card_tag(product_id: int) -> str:
    """The card of a product, in lists and rows of cards."""
    return f"card-{product_id}"


def product_tag(product_id: int) -> str:
    """The page of a product and its variants, except what ``price_tag`` covers."""
    return f"product-{product_id}"


def price_tag(product_id: int) -> str:
    """Price and stock of a product and its variants, which change with every order."""
    return f"price-{product_id}"


def list_tag(category_id: int) -> str:
    """Which products are in a category, and the content of their cards."""
    return f"list-{category_id}"


def order_tag(category_id: int) -> str:
    """Which products are in a category, and their recommended order."""
    return f"order-{category_id}"
