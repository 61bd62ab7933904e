"""The price of one unit, read as product pages read it."""

from commerce.pricing.prices import PriceBook


def quote_of(stockrecord):
    """The quote of a stock record at this moment, with automatic offers."""
    book = PriceBook()
    book.load_for([stockrecord])
    return book.quote(stockrecord)
