"""Columns that imports know but do not write: weight, back-orders, limits, barcodes.

The report names them as "not imported". To import one: read it in ``commerce.imports.product_states``,
write it in ``commerce.imports.product_writing``, fill it in the profiles, and remove it here.
"""

#: What such a column is about.
NOT_WRITTEN = {
    "Variant Grams": "weight",
    "Variant Weight Unit": "weight",
    "Variant Inventory Policy": "backorders",
    "Variant Inventory Tracker": "stock tracking",
    "Variant Barcode": "barcode",
    "Cost per item": "cost",
    "Weight (kg)": "weight",
    "Length (cm)": "size",
    "Width (cm)": "size",
    "Height (cm)": "size",
    "Backorders allowed?": "backorders",
    "Sold individually?": "limits",
    "Low stock amount": "limits",
    "weight": "weight",
    "allow_backorders": "backorders",
    "min_cart_qty": "limits",
    "max_cart_qty": "limits",
}
