from commerce.dashboard.category_tables import CategoryTable  # noqa: F401
