"""The number of units in the request's basket, for the header of every page."""

from django.db.models import Sum
from django.http import HttpRequest
from oscar.core.loading import get_model

#: The cookie that gives scripts the number. The server never reads it.
UNITS_COOKIE = "basket_units"


def units_in(request: HttpRequest) -> int:
    """Units in the request's basket. At most one query, none without a basket."""
    basket = request.basket  # type: ignore[attr-defined]
    if not basket.pk:
        return 0
    if request.method == "GET" and basket.has_loaded_lines:
        return sum(line.quantity for line in basket.all_lines())
    lines = get_model("basket", "Line").objects.filter(basket=basket.pk)
    return lines.aggregate(units=Sum("quantity"))["units"] or 0
