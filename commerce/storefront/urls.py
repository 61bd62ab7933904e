"""URLs that the shop adds to Oscar's apps, redirects or leaves out.

The forks' ``apps.py`` call these functions. This module is imported before the models, so views are
loaded when the URLs are built.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path, re_path
from django.views.generic import RedirectView
from oscar.core.loading import get_class, get_classes

#: URLs of wish lists, with Oscar's names if it has one; each requires an account.
WISH_LISTS = (
    ("wishlists/", "WishListListView", "wishlists-list"),
    ("wishlists/create/", "WishListCreateView", "wishlists-create"),
    ("wishlists/add/<int:product_pk>/", "WishListAddProduct", "wishlists-add-product"),
    ("wishlists/<str:key>/", "WishListDetailView", "wishlists-detail"),
    ("wishlists/<str:key>/update/", "WishListUpdateView", "wishlists-update"),
    ("wishlists/<str:key>/delete/", "WishListDeleteView", "wishlists-delete"),
    ("wishlists/<str:key>/share/", "WishListShareView", "wishlists-share"),
    (
        "wishlists/<str:key>/lines/<int:line_pk>/delete/",
        "WishListRemoveProduct",
        "wishlists-remove-product",
    ),
    (
        "wishlists/<str:key>/lines/<int:line_pk>/move/",
        "WishListMoveProductToAnotherWishList",
        "wishlists-move-product-to-another",
    ),
)
#: Redirects from Oscar's URL names, which its code reverses, to allauth's views.
ACCOUNT_REDIRECTS = (
    ("oscar-login/", "login", "account_login"),
    ("oscar-logout/", "logout", "account_logout"),
    ("register/", "register", "account_signup"),
    ("change-password/", "change-password", "account_change_password"),
)
#: URL names of Oscar that allauth replaces, or that the shop does not use.
DROPPED = {
    "login",
    "logout",
    "register",
    "change-password",
    "profile-update",
    "email-list",
    "email-detail",
}
DROPPED_PREFIXES = ("notifications", "wishlists")


def basket_urls() -> list[URLPattern]:
    """Emptying the basket, and undoing that or the removal of a line."""
    clear, undo = get_classes("basket.views", ["BasketClearView", "BasketUndoView"])
    return [
        path("clear/", clear.as_view(), name="clear"),
        path("undo/", undo.as_view(), name="undo"),
    ]


def catalogue_urls() -> list[URLPattern]:
    """Cards for scripts, and the pages of collections."""
    cards, collection = get_classes("catalogue.views", ["CardsFragmentView", "CollectionView"])
    return [
        path("fragments/cards/", cards.as_view(), name="cards"),
        re_path(
            r"^collections/(?P<slug>[\w-]+)_(?P<pk>\d+)/$", collection.as_view(), name="collection"
        ),
    ]


def customer_urls(oscar_urls: Iterable[Any]) -> list[Any]:
    """Redirects to allauth, wish lists, and those of Oscar's account pages that the shop uses."""
    profile = get_class("customer.views", "ProfileUpdateView")
    names = [name for _route, name, _url in WISH_LISTS]
    views = dict(zip(names, get_classes("customer.wishlists.views", names), strict=True))
    return [
        *(
            path(route, RedirectView.as_view(pattern_name=target, query_string=True), name=url_name)
            for route, url_name, target in ACCOUNT_REDIRECTS
        ),
        path("profile/edit/", login_required(profile.as_view()), name="profile-update"),
        *(
            path(route, login_required(views[name].as_view()), name=url_name)
            for route, name, url_name in WISH_LISTS
        ),
        *(url for url in oscar_urls if _is_used(url.name or "notifications")),
    ]


def _is_used(name: str) -> bool:
    """Whether the shop uses this URL of Oscar."""
    return name not in DROPPED and not name.startswith(DROPPED_PREFIXES)


def search_urls() -> list[URLPattern]:
    """Suggestions while a shopper types."""
    suggest = get_class("search.views", "SuggestView")
    return [path("suggest/", suggest.as_view(), name="suggest")]
