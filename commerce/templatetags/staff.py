"""Tags of dashboard pages."""

from typing import Any

from django import template
from oscar.apps.catalogue.abstract_models import AbstractProduct

from commerce.stock.history import history_of_product

register = template.Library()


@register.simple_tag
def stock_history(product: AbstractProduct) -> Any:
    """The changes of a product's stock, latest first."""
    return history_of_product(product)
