from commerce.storefront.search import FacetedSearchView, SuggestView  # noqa: F401
