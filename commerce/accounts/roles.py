"""The staff groups with their permissions.

Oscar's dashboard asks for model permissions (``permissions_map`` in each of its apps). Permissions
for pages and images are in ``home.staff.roles``. Only adds: extra grants by an administrator stay.
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction

EDITOR = "Editor"
MERCHANDISER = "Merchandiser"
SUPPORT = "Support"
FINANCE = "Finance"
ADMIN = "Admin"

#: Permissions by group, as ``app_label: {model: actions}``; v view, a add, c change, d delete.
GRANTS = {
    EDITOR: {"commerce": {"productcollection": "vacd"}},
    MERCHANDISER: {
        "catalogue": {
            "product": "vacd",
            "productclass": "vac",
            "productattribute": "vacd",
            "productimage": "vacd",
            "productcategory": "vacd",
            "productrecommendation": "vacd",
            "category": "vacd",
            "attributeoptiongroup": "vacd",
            "attributeoption": "vacd",
            "option": "vacd",
        },
        "partner": {"partner": "v", "stockrecord": "vacd", "stockalert": "vc"},
        "offer": {
            "conditionaloffer": "vacd",
            "condition": "vacd",
            "benefit": "vacd",
            "range": "vacd",
        },
        "voucher": {"voucher": "vacd", "voucherset": "vacd"},
        "reviews": {"productreview": "vac"},  # "a": an import of reviews adds them
        "analytics": {"userrecord": "v", "productrecord": "v"},
        "order": {"order": "v"},
        "commerce": {
            "saleprice": "vacd",
            "retirement": "vacd",
            "productcollection": "vacd",
            "deliverymethod": "v",
            "facetattribute": "vacd",
            "searchsynonym": "vacd",
            "promotedresult": "vacd",
            "searchmiss": "v",
            "importrun": "vac",
            "productfile": "vc",
            "bundlepart": "vc",
        },
    },
    SUPPORT: {
        "order": {
            "order": "vc",
            "line": "vc",
            "ordernote": "vacd",
            "shippingaddress": "vc",
            "billingaddress": "v",
        },
        "catalogue": {"product": "v", "category": "v"},
        "partner": {"stockrecord": "v", "stockalert": "v"},
        "checkout": {"paymentattempt": "vc"},
        "commerce": {
            "user": "v",
            "outgoingmail": "vc",
            "retirement": "v",
            "deliverymethod": "v",
            "orderevent": "v",
            "shipment": "vac",
            "download": "vc",
            "giftcard": "vc",
            "returnrequest": "vac",
            "returnline": "vac",
            "withdrawal": "vc",
        },
        "customer": {"productalert": "vcd"},
        "reviews": {"productreview": "vcd"},
        "voucher": {"voucher": "v"},
        "offer": {"conditionaloffer": "v"},
    },
    FINANCE: {
        "order": {"order": "v", "line": "v", "paymentevent": "v", "orderdiscount": "v"},
        "payment": {"source": "v", "sourcetype": "v", "transaction": "v"},
        "checkout": {
            "paymentattempt": "vc",
            "stripeevent": "vc",
            "refundrequest": "vac",
            "capturerequest": "vac",
            "banktransfer": "vc",
            "dispute": "v",
        },
        "analytics": {"userrecord": "v", "productrecord": "v"},
        "offer": {"conditionaloffer": "v"},
        "voucher": {"voucher": "v", "voucherset": "v"},
        "catalogue": {"product": "v"},
        "partner": {"partner": "v", "stockrecord": "v", "stockalert": "v"},
        "commerce": {
            "saleprice": "v",
            "deliverymethod": "vac",
            "orderevent": "v",
            "shipment": "v",
            "giftcard": "v",
            "returnrequest": "v",
            "returnline": "v",
            "withdrawal": "v",
            "documenttax": "v",
            "owntaxrate": "vacd",
            "taxclass": "vacd",
        },
    },
}
#: Permissions besides those four, by group.
SPECIAL = {SUPPORT: ("commerce.send_password_reset",)}
#: Revoked if an earlier version granted it: anyone who may change people can make
#: themselves an administrator.
REVOKED = {SUPPORT: {"commerce": {"user": "c"}}}
ACTIONS = {"v": "view", "a": "add", "c": "change", "d": "delete"}


@transaction.atomic
def create_roles() -> None:
    """Create the five groups and grant missing permissions. Admin gets all permissions.

    Creates the permissions first if a migration has just created their tables.
    """
    ensure_permissions({label for grants in GRANTS.values() for label in grants})
    for name, grants in GRANTS.items():
        group, _is_new = Group.objects.get_or_create(name=name)
        group.permissions.add(*_permissions(grants))
        for permission in SPECIAL.get(name, ()):
            label, codename = permission.split(".")
            group.permissions.add(
                Permission.objects.get(content_type__app_label=label, codename=codename)
            )
        group.permissions.remove(*_permissions(REVOKED.get(name, {})))
    admin, _is_new = Group.objects.get_or_create(name=ADMIN)
    admin.permissions.add(*Permission.objects.all())


def ensure_permissions(labels: Iterable[str]) -> None:
    """Create the permissions of the apps: Django does so app by app, after all migrations."""
    for label in sorted(labels):
        create_permissions(apps.get_app_config(label), verbosity=0)


def _permissions(grants: dict[str, dict[str, str]]) -> list[Permission]:
    wanted = {
        (label, f"{ACTIONS[letter]}_{model}")
        for label, models in grants.items()
        for model, letters in models.items()
        for letter in letters
    }
    found = Permission.objects.filter(
        content_type__app_label__in=grants, codename__in={codename for _label, codename in wanted}
    ).select_related("content_type")
    return [row for row in found if (row.content_type.app_label, row.codename) in wanted]
