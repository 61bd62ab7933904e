from commerce.dashboard.product_bulk_actions import SetProductPriceAction  # noqa: F401
