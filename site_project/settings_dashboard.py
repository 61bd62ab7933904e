"""The pages that the shop adds to the menu of Oscar's dashboard.

The permission table says who is offered which (``commerce.permissions.table.menu_offers``).
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

#: Beside the list of orders.
OF_ORDERS = [
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
]


def _in_wagtail(label, model):
    """A list that stands in Wagtail's admin."""
    return {"label": label, "url_name": f"wagtailsnippets_commerce_{model}:list"}


#: Beside the products.
OF_PRODUCTS = [
    _in_wagtail(_("Collections"), "productcollection"),
    _in_wagtail(_("Filters of lists"), "facetattribute"),
]
#: Beside the offers.
OF_OFFERS = [_in_wagtail(_("Sale prices"), "saleprice")]
#: What the search follows, beside pages and mails.
OF_CONTENT = [
    _in_wagtail(_("Synonyms"), "searchsynonym"),
    _in_wagtail(_("Promoted results"), "promotedresult"),
    _in_wagtail(_("Searches without a result"), "searchmiss"),
]
#: After Oscar's own.
AT_THE_END = [
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
        # With Stripe's keys there is no such page.
        "access_fn": lambda user, *_url: (
            user.is_superuser
            and not settings.STRIPE_SECRET_KEY
            and (settings.DEBUG or settings.DEMO_GATEWAY)
        ),
    },
]


#: Beside the customers.
OF_PEOPLE = [
    {
        "label": _("Personal data"),
        "url_name": "staff-privacy",
    },
]


#: What comes to a group of Oscar's, by a page that it leads to.
BESIDE = {
    "dashboard:users-index": OF_PEOPLE,
    "dashboard:order-list": OF_ORDERS,
    "dashboard:catalogue-product-list": OF_PRODUCTS,
    "dashboard:offer-list": OF_OFFERS,
    "dashboard:comms-list": OF_CONTENT,
}


def with_our_pages(navigation):
    """Oscar's menu with ours in it: a menu of our own would not fit on one line at 1280 px."""
    groups = []
    for group in navigation:
        children = group.get("children", [])
        leads_to = {child.get("url_name") for child in children}
        ours = [page for name, pages in BESIDE.items() if name in leads_to for page in pages]
        groups.append({**group, "children": [*children, *ours]} if children else group)
    return [*groups, *AT_THE_END]
