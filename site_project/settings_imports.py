"""What files can be imported as (docs/imports.md)."""

#: Contents of imports (commerce.imports.kinds.base.Kind).
IMPORT_KINDS = [
    "commerce.imports.kinds.products.ProductKind",
    "commerce.imports.kinds.stock.StockKind",
    "commerce.imports.kinds.customers.CustomerKind",
    "commerce.imports.kinds.reviews.ReviewKind",
    "commerce.imports.kinds.vouchers.VoucherKind",
    "commerce.imports.kinds.redirects.RedirectKind",
    "commerce.imports.kinds.orders.OrderKind",
    "home.feed_import.PageKind",
]
