"""Where fields plug in that the engine does not have yet: weight, backorders, limits, barcodes.

A profile names the columns of such a field. Until a writer is registered the report says "not
imported". To support a field: give it to ``PRODUCT_STATE`` of ``commerce.imports.product_states``,
write it in ``commerce.imports.product_writing``, and remove its columns here.
"""

#: Columns whose meaning is known but that have no field in the shop, by what they say.
WITHOUT_FIELD = {
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
