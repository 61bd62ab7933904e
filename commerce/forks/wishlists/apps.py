from oscar.apps.wishlists.apps import WishlistsConfig as OscarWishlistsConfig


class WishlistsConfig(OscarWishlistsConfig):
    name = "commerce.forks.wishlists"
