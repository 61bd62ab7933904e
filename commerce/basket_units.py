"""How many units are in the basket of a request, for the header of every page."""

from django.db.models import Sum
from oscar.core.loading import get_model

#: The cookie that tells scripts the number. It holds nothing else, and nothing is believed of it.
UNITS_COOKIE = "basket_units"


def units_in(request):
    """Units in the request's basket. One query where there is a basket, none where there is none."""
    basket = request.basket
    if not basket.pk:
        return 0
    lines = get_model("basket", "Line").objects.filter(basket=basket.pk)
    return lines.aggregate(units=Sum("quantity"))["units"] or 0
