from commerce.pricing.strategy import Selector  # noqa: F401
