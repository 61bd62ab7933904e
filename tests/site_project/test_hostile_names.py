"""Staff pages show names as text, even if they look like markup."""

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.dashboard.permission_report import SUPERUSER, make_person
from commerce.rich_html import HTML_FIELDS
from home.staff.roles import create_page_roles
from tests.staff_pages import all_pages, make_staff_pages

Product = get_model("catalogue", "Product")
HOSTILE = "<img src=x onerror=alert(1)>"
#: Apps with rows that users name.
NAMED = (
    "catalogue", "commerce", "home", "offer", "voucher", "partner", "order", "shipping", "reviews",
    "customer", "address", "auth",
)  # fmt: skip
#: Fields for look-ups or comparisons, which are not names.
WORDS = ("code", "slug", "path", "status", "key", "number", "email", "currency", "type", "username",
         "password", "depth", "proxy_class", "codename", "iso_3166", "hash", "file_hash")  # fmt: skip


def is_name(field):
    """Whether a field takes free text."""
    return (
        type(field) in (models.CharField, models.TextField)
        and not field.choices
        and (field.max_length is None or field.max_length >= len(HOSTILE) + 9)
        and not any(word in field.name for word in WORDS)
        and field.name
        not in HTML_FIELDS.get((field.model._meta.app_label, field.model.__name__), ())
    )


def name_everything():
    """Give every row a hostile name. Returns the names of the fields."""
    changed = set()
    for model in apps.get_models():
        if model._meta.app_label not in NAMED or model._meta.proxy or not model._meta.managed:
            continue
        for field in filter(is_name, model._meta.local_concrete_fields):
            for row in model._base_manager.all():
                value = f"{HOSTILE}{row.pk}" if field.unique else HOSTILE
                model._base_manager.filter(pk=row.pk).update(**{field.name: value})
                changed.add(f"{model._meta.label}.{field.name}")
    return changed


@pytest.mark.slow
def test_hostile_names_are_text_on_every_staff_page(shop, site_root, client):
    create_page_roles()
    pages = make_staff_pages(site_root)
    product = Product.objects.get()
    product.product_class.attributes.create(name="Weight", code="weight", type="text")
    client.force_login(make_person(SUPERUSER))
    client.raise_request_exception = False
    assert {"offer.Range.name", "catalogue.ProductAttribute.name"} <= name_everything()
    shown, executed = 0, []

    for _route, name, address in all_pages(pages):
        response = client.get(address)
        if response.status_code != 200 or response.streaming:
            continue
        html = response.content.decode(errors="replace")
        shown += "&lt;img src=x" in html
        if "html" in response.headers["Content-Type"] and HOSTILE in html:
            executed.append((name, html[html.index(HOSTILE) - 80 :][:160]))

    assert not executed, "\n".join(map(str, executed))
    assert shown > 50


def test_hostile_name_is_text_in_a_search_of_categories(shop, site_root, client):
    client.force_login(make_person(SUPERUSER))
    get_model("catalogue", "Category").add_root(name=HOSTILE)

    page = client.get(reverse("dashboard:catalogue-category-list"), {"name": "img"}).text

    assert "&lt;img src=x" in page
    assert HOSTILE not in page
