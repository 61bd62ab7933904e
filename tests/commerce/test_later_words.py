"""What the basket says of goods of which only some are in stock, and order titles without choices."""

from datetime import date

import pytest

from commerce.models import ProductDetails
from commerce.options.personal import title_without_choices
from commerce.stock.availability import sent_later_text
from tests.factories import make_product, stockrecord_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("units", "before", "day", "text"),
    [
        (3, 0, None, ""),
        (5, 0, None, "3 in stock, the rest can be ordered"),
        (5, 0, date(2099, 5, 3), "3 in stock, the rest sent from 3 May 2099"),
        (2, 2, None, "1 in stock, the rest can be ordered"),
        (2, 3, None, "Sold out, but can be ordered"),
    ],
)
def test_basket_says_how_many_of_a_back_order_are_there(shop, units, before, day, text):
    lamp = make_product("Lamp", price="40.00", stock=3)
    ProductDetails.objects.update_or_create(
        product=lamp, defaults={"later": "backorder", "available_from": day}
    )

    assert sent_later_text(stockrecord_of(lamp), units, before=before) == text


def test_title_loses_choices_that_were_cut():
    class Answer:
        option, value = None, "Clara and Robert"
        type = "Embossing"

    plain = title_without_choices("Notebook (Embossing: Clara and Ro", [Answer])

    assert plain == "Notebook"
