from commerce.storefront.shared_wishlists import WishListView  # noqa: F401
