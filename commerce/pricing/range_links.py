"""Links to ranges in descriptions of offers."""

from django.urls import reverse
from django.utils.html import format_html


def range_anchor(product_range):
    """A link to a range. Its name is text: Oscar's templates print descriptions as they are."""
    url = reverse("dashboard:range-update", kwargs={"pk": product_range.pk})
    return format_html('<a href="{}">{}</a>', url, product_range.name)
