from commerce.dashboard.products import ProductCreateUpdateView, ProductLookupView  # noqa: F401
