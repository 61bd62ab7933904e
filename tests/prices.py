"""The price of one unit, read as product pages read it."""

from commerce.models import PricePoint
from commerce.pricing.prices import PriceBook


def quote_of(stockrecord):
    """The quote of a stock record at this moment, with automatic offers."""
    book = PriceBook()
    book.load_for([stockrecord])
    return book.quote(stockrecord)


def forget_prices():
    """As if all prices had always been what they are: reductions then show the list price."""
    PricePoint.objects.all().delete()
