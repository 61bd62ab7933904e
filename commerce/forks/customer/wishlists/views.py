from commerce.storefront.wishlists import (  # noqa: F401
    WishListAddProduct,
    WishListCreateView,
    WishListDeleteView,
    WishListDetailView,
    WishListListView,
    WishListMoveProductToAnotherWishList,
    WishListRemoveProduct,
    WishListShareView,
    WishListUpdateView,
)
