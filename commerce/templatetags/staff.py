"""What pages of the dashboard tell of the house."""

from django import template

from commerce.stock.history import history_of_product

register = template.Library()


@register.simple_tag
def stock_history(product):
    """The latest changes of a product's stock, the latest first."""
    return history_of_product(product)
