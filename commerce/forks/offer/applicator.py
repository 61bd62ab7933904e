from commerce.pricing.applicator import Applicator  # noqa: F401
