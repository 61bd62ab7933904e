"""What a role may not do is not offered: every link and form of the dashboard leads where it may."""

import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.urls import Resolver404, resolve, reverse

from commerce.dashboard.permission_report import make_person
from commerce.dashboard.permissions import access_of, area_of, name_of_match
from commerce.roles import EDITOR, FINANCE, MERCHANDISER, SUPPORT
from home.roles import create_page_roles
from tests.staff_pages import all_pages, make_staff_pages


@pytest.fixture
def pages(shop, site_root):
    create_page_roles()
    return make_staff_pages(site_root)


def refusals(person, html, here):
    """Links and forms of a page that its reader may not follow or send."""
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
def test_dashboard_offers_nothing_that_is_refused(pages, client, role):
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


def test_refused_form_gives_back_what_was_typed(pages, client):
    client.force_login(make_person(FINANCE))
    note = "Rang the customer twice, nobody there"

    response = client.post(
        reverse("dashboard:order-detail", args=[pages.keys["number"]]),
        {"order_action": "save_note", "message": note, "password": "a secret of somebody"},
    )

    assert response.status_code == 403
    assert note in response.text
    assert "a secret of somebody" not in response.text


def test_refusal_is_a_page_of_ours(client, site_root, pages):
    client.force_login(make_person(EDITOR))

    response = client.get(reverse("dashboard:order-list"))

    assert response.status_code == 403
    assert "have access to this page" in response.text
