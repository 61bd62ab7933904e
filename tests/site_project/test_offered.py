"""The dashboard shows a role only links and forms that it may use."""

import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.urls import Resolver404, resolve, reverse
from oscar.core.loading import get_model

from commerce.accounts.roles import EDITOR, FINANCE, MERCHANDISER, SUPPORT
from commerce.dashboard.permission_report import make_person
from commerce.permissions import page_trimming
from commerce.permissions.table import access_of, area_of, name_of_match
from home.staff.roles import create_page_roles
from tests.factories import make_paid_order
from tests.staff_pages import all_pages, make_staff_pages


@pytest.fixture
def pages(shop, site_root):
    create_page_roles()
    return make_staff_pages(site_root)


def refusals(person, html, here):
    """Links and forms of a page that the user may not use."""
    soup = BeautifulSoup(html, "html.parser")
    asked = [(tag["href"], "GET") for tag in soup.find_all("a", href=True)]
    for form in soup.find_all("form"):
        if form.find(["button", "input"], attrs={"type": "submit"}) or form.find("button"):
            method = form.get("method", "get").upper()
            asked.append((form.get("action") or here, method))
    for href, method in asked:
        parts = urlsplit(href)
        if parts.scheme or href.startswith("#"):
            continue
        path = here if parts.path in ("", ".", "./") else parts.path
        try:
            match = resolve(path)
        except Resolver404:
            continue
        area = area_of(match.route)
        if area is None:
            continue
        access = access_of(name_of_match(match))
        if not access.is_public and not (area(person) and access.allows(person, method)):
            yield method, path


@pytest.mark.parametrize("role", [EDITOR, MERCHANDISER, SUPPORT, FINANCE])
@pytest.mark.slow
def test_dashboard_offers_nothing_that_it_refuses(pages, client, role):
    person = make_person(role)
    client.force_login(person)
    client.raise_request_exception = False
    wrong = set()

    for _route, name, address in all_pages(pages):
        if not address.startswith("/dashboard/"):
            continue
        response = client.get(address)
        if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
            continue
        for method, path in refusals(person, response.content, address):
            wrong.add((name, method, re.sub(r"\d+", "N", path)))

    assert not wrong, "\n".join(map(str, sorted(wrong)))


#: Links that a role needs for its work, by page. They must remain.
STAYS = [
    (MERCHANDISER, "dashboard:catalogue-product-list", "dashboard:catalogue-product"),
    (MERCHANDISER, "dashboard:offer-list", "dashboard:offer-metadata"),
    (MERCHANDISER, "dashboard:catalogue-category-list", "dashboard:catalogue-category-update"),
    (SUPPORT, "dashboard:order-list", "dashboard:order-detail"),
    (SUPPORT, "dashboard:users-index", "dashboard:user-detail"),
    (FINANCE, "dashboard:order-list", "dashboard:order-detail"),
    (FINANCE, "dashboard:order-detail", "order-refund"),
    (FINANCE, "dashboard:partner-list", "dashboard:partner-manage"),
]


@pytest.mark.parametrize(("role", "page", "leads_to"), STAYS)
def test_dashboard_keeps_the_links_that_a_role_needs(pages, client, vase, role, page, leads_to):
    make_paid_order((vase, 1))
    number = get_model("order", "Order").objects.latest("pk").number
    client.force_login(make_person(role))
    args = [number] if page == "dashboard:order-detail" else []

    soup = BeautifulSoup(client.get(reverse(page, args=args)).content, "html.parser")

    found = set()
    for link in soup.select("main a[href], .dashboard a[href], body a[href]"):
        try:
            found.add(name_of_match(resolve(urlsplit(link["href"]).path)))
        except Resolver404:
            continue
    assert leads_to in found


def test_support_keeps_the_order_forms_and_finance_does_not(pages, client, vase):
    order = make_paid_order((vase, 1))
    url = reverse("dashboard:order-detail", args=[order.number])
    shown = {}
    for role in (SUPPORT, FINANCE):
        client.force_login(make_person(role))
        shown[role] = client.get(url).text

    for act in ("save_note", "dispatch_parcel", "change_order_status"):
        assert f'value="{act}"' in shown[SUPPORT], act
        assert f'value="{act}"' not in shown[FINANCE], act


LIST = """
<form method="post" action="/dashboard/users/"><div class="form-actions"><button>Go</button></div>
<table><tr><th></th><th>Name</th></tr><tr><td><input type="checkbox"></td><td>Ada</td></tr></table></form>
<div class="dropdown"><button>Actions</button><div class="dropdown-menu">
<a class="dropdown-item" href="/dashboard/users/">People</a></div></div>
<div class="dropdown"><button>More</button><div class="dropdown-menu">
<a class="dropdown-item" href="/dashboard/users/">People</a>
<a class="dropdown-item" href="/dashboard/">Start</a></div></div>
<table><tr><th>Name</th><th><span class="sr-only">Actions</span></th></tr>
<tr><td>Grace</td><td> <a class="btn" href="/dashboard/users/">Delete</a> </td></tr></table>
<a href="/dashboard/users/">Ada</a> <a href="http://[x">odd</a> <a class="btn" href="/dashboard/users/">All</a>
"""


def test_removed_links_take_their_empty_containers_along(site_root):
    create_page_roles()
    person = make_person(EDITOR)

    html = page_trimming._trimmed(person, LIST, "/dashboard/")

    soup = BeautifulSoup(html, "html.parser")
    assert soup.find("input") is None
    assert soup.find("form") is None
    assert [cell.get_text() for cell in soup.find_all(["th", "td"])] == [
        "Name", "Ada", "Name", "Grace",
    ]  # fmt: skip
    assert [button.get_text() for button in soup.find_all("button")] == ["More"]
    assert [link.get_text() for link in soup.find_all("a")] == ["Start", "odd"]
    assert "Ada" in html.rpartition("</div>")[2]


def test_refused_form_shows_its_input(pages, client):
    client.force_login(make_person(FINANCE))
    note = "Rang the customer twice, nobody there"

    response = client.post(
        reverse("dashboard:order-detail", args=[pages.keys["number"]]),
        {"order_action": "save_note", "message": note, "password": "a secret of somebody"},
    )

    assert response.status_code == 403
    assert note in response.text
    assert "a secret of somebody" not in response.text


def test_refusal_uses_our_page(client, site_root, pages):
    client.force_login(make_person(EDITOR))

    response = client.get(reverse("dashboard:order-list"))

    assert response.status_code == 403
    assert "have access to this page" in response.text
