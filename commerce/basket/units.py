"""How many units are in the basket of a request, for the header of every page."""

from django.db.models import Sum
from oscar.core.loading import get_model

#: The cookie that tells scripts the number. It holds nothing else, and nothing is believed of it.
UNITS_COOKIE = "basket_units"


def units_in(request):
    """Units in the request's basket. One query at most, none where there is no basket."""
    basket = request.basket
    if not basket.pk:
        return 0
    if request.method == "GET" and basket.has_lines_at_hand:
        return sum(line.quantity for line in basket.all_lines())
    lines = get_model("basket", "Line").objects.filter(basket=basket.pk)
    return lines.aggregate(units=Sum("quantity"))["units"] or 0
