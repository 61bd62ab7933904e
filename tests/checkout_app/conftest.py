"""Goods that are not sent by post, and staff who look after their orders."""

import pytest
from oscar.core.loading import get_model

from commerce.models import OptionPrice
from tests.digital import make_ebook, make_gift_card
from tests.factories import make_user
from tests.signing import sign_in

Option = get_model("catalogue", "Option")


@pytest.fixture
def ebook(shop):
    return make_ebook()


@pytest.fixture
def gift_card(shop):
    """A gift card of £50 for someone else, with a message, on a day."""
    product = make_gift_card("50.00")
    for order, (name, kind) in enumerate(
        {"email": "text", "recipient": "text", "message": "text", "send_on": "date"}.items()
    ):
        option = Option.objects.create(name=name.title(), code=name, type=kind, order=order)
        OptionPrice.objects.create(option=option, meaning=name)
        product.product_options.add(option)
    return product


@pytest.fixture
def staff(client):
    make_user("staff@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "staff@example.com")
    return client
