"""Links to ranges in descriptions of offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from oscar.apps.offer.abstract_models import AbstractRange


def range_anchor(product_range: AbstractRange) -> SafeString:
    """A link to a range. Its name is escaped: Oscar's templates print descriptions unescaped."""
    url = reverse("dashboard:range-update", kwargs={"pk": product_range.pk})
    return format_html('<a href="{}">{}</a>', url, product_range.name)
