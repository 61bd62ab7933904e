"""The sort orders of lists by their URL parameter; the first is the default."""

from django.utils.translation import gettext_lazy as _

SORT_NAMES = {
    "recommended": _("Recommended"),
    "newest": _("Newest"),
    "price-low": _("Price, low to high"),
    "price-high": _("Price, high to low"),
    "rating": _("Best rated"),
    "bestselling": _("Bestselling"),
}
SORTS = tuple(SORT_NAMES)
