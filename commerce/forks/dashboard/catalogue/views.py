from commerce.dashboard.products import (  # noqa: F401
    ProductCreateUpdateView,
    ProductListView,
    ProductLookupView,
)
