from commerce.storefront.catalogue import (  # noqa: F401
    CardsFragmentView,
    CatalogueView,
    CollectionView,
    ProductCategoryView,
    ProductDetailView,
)
