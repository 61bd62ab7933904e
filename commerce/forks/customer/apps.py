from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path
from django.views.generic import RedirectView
from oscar.apps.customer.apps import CustomerConfig as OscarCustomerConfig
from oscar.core.loading import get_classes

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


class CustomerConfig(OscarCustomerConfig):
    name = "commerce.forks.customer"

    def get_urls(self) -> list[URLPattern]:
        used = [url for url in super().get_urls() if self.is_used(url.name or "notifications")]
        return self.post_process_urls(self.get_redirects() + self.get_wish_lists() + used)

    @staticmethod
    def is_used(name: str) -> bool:
        """Whether the shop uses this URL of Oscar."""
        return name not in DROPPED and not name.startswith(DROPPED_PREFIXES)

    @staticmethod
    def get_wish_lists() -> list[URLPattern]:
        """The URLs of wish lists."""
        names = [name for _route, name, _url in WISH_LISTS]
        views = dict(zip(names, get_classes("customer.wishlists.views", names), strict=True))
        return [
            path(route, login_required(views[name].as_view()), name=url)
            for route, name, url in WISH_LISTS
        ]

    def get_redirects(self) -> list[URLPattern]:
        """Redirects from Oscar's URL names, which its code reverses, to allauth's views."""
        redirects = (
            ("oscar-login/", "login", "account_login"),
            ("oscar-logout/", "logout", "account_logout"),
            ("register/", "register", "account_signup"),
            ("change-password/", "change-password", "account_change_password"),
        )
        return [
            path(
                route,
                RedirectView.as_view(pattern_name=target, query_string=True),
                name=name,
            )
            for route, name, target in redirects
        ] + [
            path(
                "profile/edit/",
                login_required(self.profile_update_view.as_view()),
                name="profile-update",
            )
        ]
