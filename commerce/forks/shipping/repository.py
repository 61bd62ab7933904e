from commerce.pricing.shipping_repository import Repository  # noqa: F401
