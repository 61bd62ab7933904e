"""The pages that the shop adds to the menu of Oscar's dashboard, each for those who may open it."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

#: Beside the list of orders.
OF_ORDERS = [
    {
        "label": _("Returns"),
        "url_name": "staff-returns",
        "access_fn": lambda user, *_url: user.has_perm("commerce.view_returnrequest"),
    },
    {
        "label": _("Withdrawals"),
        "url_name": "staff-withdrawals",
        "access_fn": lambda user, *_url: user.has_perm("commerce.view_withdrawal"),
    },
    {
        "label": _("Bank transfers"),
        "url_name": "payment-transfers",
        "access_fn": lambda user, *_url: user.has_perm("checkout.view_banktransfer"),
    },
]
#: After Oscar's own.
AT_THE_END = [
    {
        "label": _("Audit log"),
        "icon": "fas fa-history",
        "url_name": "audit-log",
        "access_fn": lambda user, *_url: user.has_perm("commerce.view_auditentry"),
    },
    {
        "label": _("Needs a person"),
        "icon": "fas fa-exclamation-circle",
        "url_name": "attention",
        "access_fn": lambda user, *_url: (
            user.has_perm("checkout.view_paymentattempt")
            or user.has_perm("commerce.view_outgoingmail")
        ),
    },
    {
        "label": _("Pages (Wagtail)"),
        "icon": "fas fa-book-open",
        "url_name": "wagtailadmin_home",
        # Oscar's own rule looks for the address among its dashboard apps and finds nothing.
        "access_fn": lambda user, *_url: user.has_perm("wagtailadmin.access_admin"),
    },
    {
        "label": _("Faults on demand"),
        "icon": "fas fa-bolt",
        "url_name": "demo-faults",
        "access_fn": lambda user, *_url: user.is_superuser and not settings.STRIPE_SECRET_KEY,
    },
]


def with_our_pages(navigation):
    """Oscar's menu with ours in it."""
    groups = []
    for group in navigation:
        children = group.get("children", [])
        if any(child.get("url_name") == "dashboard:order-list" for child in children):
            children = [*children, *OF_ORDERS]
        groups.append({**group, "children": children} if children else group)
    return [*groups, *AT_THE_END]
