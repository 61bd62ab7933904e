"""Pages that the shop adds to the menu of Oscar's dashboard.

The menu shows each user the pages they may open (``commerce.permissions.table.menu_offers``).
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

from django.conf import settings
from django.utils.translation import gettext_lazy as _

MenuItem: TypeAlias = dict[str, Any]

#: In the menu of orders.
ORDER_PAGES = [
    {
        "label": _("Returns"),
        "url_name": "staff-returns",
    },
    {
        "label": _("Withdrawals"),
        "url_name": "staff-withdrawals",
    },
    {
        "label": _("Bank transfers"),
        "url_name": "payment-transfers",
    },
    {
        "label": _("VAT return"),
        "url_name": "staff-tax-return",
    },
]


def _in_wagtail(label: Any, model: str) -> MenuItem:
    """A list in the Wagtail admin."""
    return {"label": label, "url_name": f"wagtailsnippets_commerce_{model}:list"}


#: In the menu of products.
PRODUCT_PAGES = [
    _in_wagtail(_("Collections"), "productcollection"),
    _in_wagtail(_("Facets"), "facetattribute"),
    {"label": _("Imports"), "url_name": "staff-imports"},
    {"label": _("Exports"), "url_name": "staff-exports"},
]
#: In the menu of offers.
OFFER_PAGES = [_in_wagtail(_("Sale prices"), "saleprice")]
#: In the menu of content: settings of the search.
CONTENT_PAGES = [
    _in_wagtail(_("Synonyms"), "searchsynonym"),
    _in_wagtail(_("Promoted results"), "promotedresult"),
    _in_wagtail(_("Searches without a result"), "searchmiss"),
]
#: After Oscar's menus.
LAST_PAGES: list[MenuItem] = [
    {
        "label": _("Audit log"),
        "icon": "fas fa-history",
        "url_name": "audit-log",
    },
    {
        "label": _("Needs attention"),
        "icon": "fas fa-exclamation-circle",
        "url_name": "attention",
    },
    {
        "label": _("Pages (Wagtail)"),
        "icon": "fas fa-book-open",
        "url_name": "wagtailadmin_home",
    },
    {
        "label": _("Fault simulator"),
        "icon": "fas fa-bolt",
        "url_name": "demo-faults",
        # Without the demo gateway the page does not exist.
        "access_fn": lambda user, *_url: (
            user.is_superuser
            and not settings.STRIPE_SECRET_KEY
            and (settings.DEBUG or settings.DEMO_GATEWAY)
        ),
    },
]


#: In the menu of customers.
CUSTOMER_PAGES = [
    {
        "label": _("Personal data"),
        "url_name": "staff-privacy",
    },
]


#: Pages to add to one of Oscar's menus, by a page that the menu contains.
ADDED_PAGES = {
    "dashboard:users-index": CUSTOMER_PAGES,
    "dashboard:order-list": ORDER_PAGES,
    "dashboard:catalogue-product-list": PRODUCT_PAGES,
    "dashboard:offer-list": OFFER_PAGES,
    "dashboard:comms-list": CONTENT_PAGES,
}


def with_our_pages(navigation: Iterable[MenuItem]) -> list[MenuItem]:
    """Oscar's menu with our pages. A menu of our own would not fit on one line at 1280 px."""
    groups = []
    for group in navigation:
        children = group.get("children", [])
        names = {child.get("url_name") for child in children}
        ours = [page for name, pages in ADDED_PAGES.items() if name in names for page in pages]
        groups.append({**group, "children": [*children, *ours]} if children else group)
    return [*groups, *LAST_PAGES]
