from commerce.pricing.range_links import range_anchor  # noqa: F401
