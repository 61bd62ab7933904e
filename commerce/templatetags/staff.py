"""What pages of the dashboard tell of the house."""

from typing import Any

from django import template
from oscar.apps.catalogue.abstract_models import AbstractProduct

from commerce.stock.history import history_of_product

register = template.Library()


@register.simple_tag
def stock_history(product: AbstractProduct) -> Any:
    """The latest changes of a product's stock, the latest first."""
    return history_of_product(product)
