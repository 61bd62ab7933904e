"""What the columns of plain files and the parts of states are called on staff pages."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: The columns of the plain formats, in all kinds.
COLUMNS: dict[str, str | Promise] = {
    "product": gettext_lazy("Product (part of its URL)"),
    "product_sku": gettext_lazy("SKU of the product"),
    "sku": gettext_lazy("SKU"),
    "title": gettext_lazy("Title"),
    "type": gettext_lazy("Type"),
    "price": gettext_lazy("Price"),
    "sale_price": gettext_lazy("Sale price"),
    "sale_from": gettext_lazy("Sale from"),
    "sale_until": gettext_lazy("Sale until"),
    "stock": gettext_lazy("In stock"),
    "weight_g": gettext_lazy("Weight (g)"),
    "length_mm": gettext_lazy("Length (mm)"),
    "width_mm": gettext_lazy("Width (mm)"),
    "height_mm": gettext_lazy("Height (mm)"),
    "shipped": gettext_lazy("Sent by post"),
    "content": gettext_lazy("Content"),
    "min_quantity": gettext_lazy("Least in an order"),
    "step_quantity": gettext_lazy("Step of quantities"),
    "max_quantity": gettext_lazy("Most in an order"),
    "without_stock": gettext_lazy("Orders without stock"),
    "available_from": gettext_lazy("Available from"),
    "barcode": gettext_lazy("Barcode"),
    "public": gettext_lazy("Shown"),
    "variant_public": gettext_lazy("Variant shown"),
    "categories": gettext_lazy("Categories"),
    "images": gettext_lazy("Photographs"),
    "image_texts": gettext_lazy("Alternative texts of photographs"),
    "variant_image": gettext_lazy("Photograph of the variant"),
    "meta_title": gettext_lazy("Title for search engines"),
    "meta_description": gettext_lazy("Description for search engines"),
    "redirects": gettext_lazy("Redirected addresses"),
    "description": gettext_lazy("Description"),
    "code": gettext_lazy("Code"),
    "name": gettext_lazy("Name"),
    "discount": gettext_lazy("Discount"),
    "minimum": gettext_lazy("Minimum value"),
    "usage": gettext_lazy("Usage"),
    "start": gettext_lazy("Start"),
    "end": gettext_lazy("End"),
    "score": gettext_lazy("Score"),
    "body": gettext_lazy("Text"),
    "email": gettext_lazy("Email address"),
    "status": gettext_lazy("Status"),
    "date": gettext_lazy("Date"),
    "number": gettext_lazy("Order number"),
    "currency": gettext_lazy("Currency"),
    "shipping": gettext_lazy("Delivery price"),
    "tax": gettext_lazy("Tax"),
    "total": gettext_lazy("Total"),
    "item": gettext_lazy("Item"),
    "quantity": gettext_lazy("Quantity"),
    "unit_price": gettext_lazy("Price of each"),
    "item_discount": gettext_lazy("Discount on the item"),
    "old_path": gettext_lazy("Old path"),
    "target": gettext_lazy("Target"),
    "permanent": gettext_lazy("Permanent"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "accepts_marketing": gettext_lazy("Accepts marketing"),
    "line1": gettext_lazy("Address line 1"),
    "line2": gettext_lazy("Address line 2"),
    "city": gettext_lazy("City"),
    "state": gettext_lazy("State or county"),
    "postcode": gettext_lazy("Postcode"),
    "country": gettext_lazy("Country"),
    "phone": gettext_lazy("Phone number"),
    "link": gettext_lazy("Link"),
    "author": gettext_lazy("Author"),
    "summary": gettext_lazy("Summary"),
}
#: Parts of states that are not called as their columns.
PARTS: dict[str, str | Promise] = {
    "own_sku": COLUMNS["product_sku"],
    "weight": COLUMNS["weight_g"],
    "length": COLUMNS["length_mm"],
    "width": COLUMNS["width_mm"],
    "height": COLUMNS["height_mm"],
    "is_shipped": COLUMNS["shipped"],
    "later": COLUMNS["without_stock"],
    "pictures": COLUMNS["images"],
    "sale": COLUMNS["sale_price"],
    "options": gettext_lazy("Options"),
}


def column_label(name: str) -> str:
    """A column of the plain format in words: "Weight (g)", "Option: Colour"."""
    prefix, sign, rest = name.partition(":")
    if sign and prefix.lower() == "option":
        return _("Option: %(name)s") % {"name": rest}
    if sign and prefix.lower() == "attribute":
        return _("Attribute: %(name)s") % {"name": rest}
    return str(COLUMNS.get(name, name))


def part_label(path: Sequence[str]) -> str:
    """The value at a path of a state in words: "Title", "NF-00-NA-S: Weight (g)"."""
    first, *rest = path
    if first == "variants" and len(rest) > 1:
        return f"{rest[0]}: {part_label(rest[1:])}"
    if first in ("options", "attributes") and rest:
        return rest[0]
    if first == "details" and rest:
        return part_label(rest)
    return " › ".join(str(PARTS.get(name) or COLUMNS.get(name, name)) for name in path)
