"""The URL of every staff page whose objects exist."""

import re
from dataclasses import dataclass, field

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from oscar.core.loading import get_model

from commerce.permissions.table import staff_urls
from tests.factories import make_delivery, make_offer, make_order, make_product, make_user

#: URL arguments that are not numbers.
WORDS = {
    "content_type_app_name": "home",
    "content_type_model_name": "standardpage",
    "app_label": "home",
    "app_name": "home",
    "model_name": "sitesettings",
    "action": "publish",
    "action_name": "approve",
    "filter_spec": "original",
    "slug": "order_placed",
    "product_class_slug": "stoneware",
    "revision_id_a": "earliest",
    "revision_id_b": "latest",
    "uidb64": "MQ",
    "token": "x-y",
    "object_id": "1",
    "pk": "1",
}


@dataclass
class StaffPages:
    """The objects that staff pages show, by URL argument."""

    keys: dict = field(default_factory=dict)

    def address(self, route, name):
        """A path for the route, or None if Django cannot build one."""
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        kwargs = {argument: self.argument(name, argument, route) for argument in names}
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            return self.by_hand(route, kwargs)

    def by_hand(self, route, kwargs):
        path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda m: str(kwargs[m[1]]), route)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(kwargs[m[1]]), path)
        return "/" + path.replace("^", "").replace("$", "").replace(".*/", "nothing-here/")

    def argument(self, name, argument, route):
        if (name, argument) in self.keys:
            return self.keys[name, argument]
        space = name.rpartition(":")[0]
        if (space, argument) in self.keys:
            return self.keys[space, argument]
        if argument in self.keys:
            return self.keys[argument]
        return WORDS.get(argument, 1)


def make_staff_pages(site_root):
    """A shop with an object for nearly every staff page."""
    product = make_product("Harbour mug", price="24.00", stock=5)
    other = make_user("somebody@example.com")
    order = make_order(product, user=other)
    note = order.notes.create(message="Ring twice", user=other)
    address = get_model("order", "ShippingAddress").objects.create(
        first_name="Ada", last_name="Marsh", line1="12 Quay Street", line4="Wells",
        postcode="NR23 1AH", country_id="GB",
    )  # fmt: skip
    get_model("order", "Order").objects.filter(pk=order.pk).update(shipping_address=address)
    offer = make_offer()
    category = get_model("catalogue", "Category").add_root(name="Mugs")
    voucher = get_model("voucher", "Voucher").objects.create(
        name="Autumn", code="AUTUMN", start_datetime="2026-01-01T00:00Z",
        end_datetime="2027-01-01T00:00Z",
    )  # fmt: skip
    voucher.offers.add(offer)
    review = product.reviews.create(score=5, title="Fine", body="A fine mug", user=other)
    rows = {
        "number": order.number,
        "order": order.number,
        "note_id": note.pk,
        "line_id": order.lines.get().pk,
        "parent_pk": product.pk,
        "parent": category.pk,
        "page_id": site_root.pk,
        "parent_page_id": site_root.get_parent().pk,
        "page_to_move_id": site_root.pk,
        "destination_id": site_root.get_parent().pk,
        ("wagtail_bulk_action", "app_label"): "commerce",
        ("wagtail_bulk_action", "model_name"): "saleprice",
        ("wagtail_bulk_action", "action"): "delete",
        ("dashboard:catalogue-product", "pk"): product.pk,
        ("dashboard:catalogue-product-delete", "pk"): product.pk,
        ("dashboard:offer-detail", "pk"): offer.pk,
        ("dashboard:user-detail", "pk"): other.pk,
        ("dashboard:user-password-reset", "pk"): other.pk,
        ("dashboard:voucher-update", "pk"): voucher.pk,
        ("dashboard:voucher-delete", "pk"): voucher.pk,
        ("dashboard:voucher-stats", "pk"): voucher.pk,
        ("dashboard:reviews-update", "pk"): review.pk,
        ("dashboard:reviews-delete", "pk"): review.pk,
        ("dashboard:partner-manage", "pk"): product.stockrecords.get().partner_id,
        ("dashboard:partner-delete", "pk"): product.stockrecords.get().partner_id,
        ("wagtailusers_users", "pk"): other.pk,
    }
    for step in ("metadata", "condition", "benefit", "restrictions", "delete"):
        rows[f"dashboard:offer-{step}", "pk"] = offer.pk
    for act in ("detail-list", "update", "delete"):
        rows[f"dashboard:catalogue-category-{act}", "pk"] = category.pk
    for act in ("update", "delete"):
        rows[f"dashboard:catalogue-class-{act}", "pk"] = product.product_class_id
    for act in ("update", "delete", "products", "reorder"):
        rows[f"dashboard:range-{act}", "pk"] = offer.condition.range_id
    for model, row in _snippets(product).items():
        rows[f"wagtailsnippets_{model}", "pk"] = row.pk
    return StaffPages(rows)


def _snippets(product):
    record = product.stockrecords.get()
    make = {
        "commerce_saleprice": {"stockrecord": record, "price": 9, "start": "2026-01-01T00:00Z"},
        "commerce_productcollection": {"title": "Gifts", "slug": "gifts"},
        "commerce_searchsynonym": {"words": "mug, cup"},
        "commerce_promotedresult": {"query": "mug", "product": product},
        "commerce_searchmiss": {"words": "sofa", "last_at": "2026-01-01T00:00Z"},
        "commerce_outgoingmail": {"key": "a:1", "to": "a@example.com", "subject": "Hello"},
        "home_banner": {"heading": "Winter"},
        "home_productstory": {"product": product},
    }
    rows = {
        name: apps.get_model(*name.split("_", 1)).objects.create(**fields)
        for name, fields in make.items()
    }
    rows["commerce_deliverymethod"] = make_delivery("cargo", price="9.00")
    return rows


def all_pages(pages):
    """``(route, name, URL)`` of every staff page. Fails for a page whose URL cannot be built."""
    for route, name in staff_urls():
        address = pages.address(route, name)
        assert address, f"no address for {name} ({route})"
        yield route, name, address
