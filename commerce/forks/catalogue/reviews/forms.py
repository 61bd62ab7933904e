from commerce.storefront.review_forms import ProductReviewForm  # noqa: F401
