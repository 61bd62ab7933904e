from commerce.storefront.reviews import (  # noqa: F401
    AddVoteView,
    CreateProductReview,
    ProductReviewDetail,
    ProductReviewList,
)
