"""How long invoices are stored."""

import pytest

from commerce.privacy.orders import retention_years
from commerce.shop_values.books import books_years
from tests.factories import set_shop


@pytest.mark.django_db
@pytest.mark.parametrize(("country", "years"), [("GB", 6), ("DE", 8)])
def test_invoices_are_stored_as_long_as_the_shops_country_asks(shop, settings, country, years):
    """Staff choose the country in the shop settings, whatever the deployment says."""
    settings.BOOKS_YEARS = 0
    set_shop(country_id=country)

    assert retention_years() == years


@pytest.mark.parametrize(("country", "years"), [("AT", 7), ("JP", 10)])
def test_where_the_law_is_not_known_invoices_are_stored_longest(country, years):
    assert books_years(country) == years
