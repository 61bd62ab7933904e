from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView
from oscar.apps.customer.apps import CustomerConfig as OscarCustomerConfig

#: Oscar's own doors and pages that allauth or nothing takes the place of.
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

    def get_urls(self):
        kept = [url for url in super().get_urls() if self.is_kept(url.name or "notifications")]
        return self.post_process_urls(self.get_doors() + kept)

    @staticmethod
    def is_kept(name):
        """Whether a page of Oscar's stays."""
        return name not in DROPPED and not name.startswith(DROPPED_PREFIXES)

    def get_doors(self):
        """Oscar's names, which its own code reverses, leading to allauth's views."""
        doors = (
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
            for route, name, target in doors
        ] + [
            path(
                "profile/edit/",
                login_required(self.profile_update_view.as_view()),
                name="profile-update",
            )
        ]
