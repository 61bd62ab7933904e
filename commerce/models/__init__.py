"""Our tables next to Oscar's. Those that extend an Oscar model are one-to-one with it."""

from commerce.models.accounts import MarketingConsent, ProfilePicture, Throttle
from commerce.models.bundles import BundlePart, OrderLinePart
from commerce.models.changes import AuditEntry, StockChange
from commerce.models.digital import Download, GiftCard, LineFulfilment, ProductFile
from commerce.models.documents import CommercialDocument, DocumentCounter, DocumentKind
from commerce.models.imports import (
    ImportedPicture,
    ImportFilePart,
    ImportMapping,
    ImportRow,
    ImportRun,
)
from commerce.models.lists import (
    AnswerCount,
    BoughtTogether,
    FacetAttribute,
    Listing,
    ListingTerms,
    PricePoint,
    PriceWindow,
    ProductCollection,
    PromotedResult,
    SearchMiss,
    SearchSynonym,
    Term,
)
from commerce.models.options import OptionValueDisplay, VariantOption
from commerce.models.orders import OrderEvent, Shipment
from commerce.models.personal_options import OptionPrice
from commerce.models.product_details import ProductDetails
from commerce.models.returns import ReturnLine, ReturnRequest, Withdrawal
from commerce.models.shop import (
    CategoryPhoto,
    DeliveryMethod,
    OrderLinePricing,
    OrderPickup,
    OrderPromise,
    OutgoingMail,
    ProductPhoto,
    Retirement,
    SalePrice,
    SalePriceQuerySet,
    User,
    WishListLink,
)
from commerce.models.shop_settings import ShopSettings
from commerce.models.tax import DocumentTax, OrderTax, OwnTaxRate, ProductTypeTax, TaxClass
from commerce.models.vouchers import VoucherTerms
from commerce.models.workers import WorkerHeartbeat

__all__ = [
    "AnswerCount",
    "AuditEntry",
    "BoughtTogether",
    "BundlePart",
    "CategoryPhoto",
    "CommercialDocument",
    "DeliveryMethod",
    "DocumentCounter",
    "DocumentKind",
    "DocumentTax",
    "Download",
    "FacetAttribute",
    "GiftCard",
    "ImportFilePart",
    "ImportMapping",
    "ImportRow",
    "ImportRun",
    "ImportedPicture",
    "LineFulfilment",
    "Listing",
    "ListingTerms",
    "MarketingConsent",
    "OptionPrice",
    "OptionValueDisplay",
    "OrderEvent",
    "OrderLinePart",
    "OrderLinePricing",
    "OrderPickup",
    "OrderPromise",
    "OrderTax",
    "OutgoingMail",
    "OwnTaxRate",
    "PricePoint",
    "PriceWindow",
    "ProductCollection",
    "ProductDetails",
    "ProductFile",
    "ProductPhoto",
    "ProductTypeTax",
    "ProfilePicture",
    "PromotedResult",
    "Retirement",
    "ReturnLine",
    "ReturnRequest",
    "SalePrice",
    "SalePriceQuerySet",
    "SearchMiss",
    "SearchSynonym",
    "Shipment",
    "ShopSettings",
    "StockChange",
    "TaxClass",
    "Term",
    "Throttle",
    "User",
    "VariantOption",
    "VoucherTerms",
    "WishListLink",
    "Withdrawal",
    "WorkerHeartbeat",
]
