from commerce.dashboard.products import (  # noqa: F401
    ProductCreateUpdateView,
    ProductDeleteView,
    ProductListView,
    ProductLookupView,
)
