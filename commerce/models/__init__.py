"""Tables of ours that stand beside Oscar's, one-to-one where they extend one of them."""

from commerce.models.lists import (
    AnswerCount,
    BoughtTogether,
    FacetAttribute,
    Listing,
    ListingTerms,
    PriceWindow,
    ProductCollection,
    PromotedResult,
    SearchMiss,
    SearchSynonym,
    Term,
)
from commerce.models.shop import (
    DeliveryMethod,
    OrderPromise,
    OutgoingMail,
    ProductPhoto,
    Retirement,
    SalePrice,
    SalePriceQuerySet,
    User,
    WishListLink,
)

__all__ = [
    "AnswerCount",
    "BoughtTogether",
    "DeliveryMethod",
    "FacetAttribute",
    "Listing",
    "ListingTerms",
    "OrderPromise",
    "OutgoingMail",
    "PriceWindow",
    "ProductCollection",
    "ProductPhoto",
    "PromotedResult",
    "Retirement",
    "SalePrice",
    "SalePriceQuerySet",
    "SearchMiss",
    "SearchSynonym",
    "Term",
    "User",
    "WishListLink",
]
