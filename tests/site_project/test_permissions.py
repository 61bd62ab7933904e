"""Every page of the dashboard and the admin, requested by every role with GET and POST."""

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from commerce.accounts.roles import ADMIN, EDITOR, FINANCE, MERCHANDISER, SUPPORT
from commerce.dashboard.permission_report import (
    HEAD,
    ROLES,
    SUPERUSER,
    cell,
    make_person,
    report_lines,
)
from commerce.permissions import table
from commerce.permissions.table import DENIED, access_of, name_of_match, staff_urls
from home.staff.roles import create_page_roles
from tests.factories import make_user
from tests.staff_pages import all_pages, make_staff_pages
from tests.test_architecture import ROOT


@pytest.fixture
def pages(shop, site_root):
    create_page_roles()
    return make_staff_pages(site_root)


@pytest.fixture
def quiet(crawler, monkeypatch):
    """The crawler, without rendering the page for 403."""
    monkeypatch.setattr(
        "site_project.views.render", lambda *_, status, **__: HttpResponse(status=status)
    )
    return crawler


def test_every_staff_page_has_a_row():
    unmapped = {name for _route, name in staff_urls() if access_of(name) is DENIED}

    assert unmapped == set()


def test_every_row_belongs_to_a_page():
    assert set(table.permission_table()) - {name for _route, name in staff_urls()} == set()


def test_generated_urls_resolve_to_their_pages(pages):
    reached = {name: name_of_match(resolve(address)) for _r, name, address in all_pages(pages)}

    # If two patterns match a URL, the first one responds.
    shadowed = {
        "wagtailadmin_login": "admin-login",
        "wagtailadmin_logout": "admin-logout",
        "dashboard:login": "dashboard-login",
        "dashboard:user-password-reset": "staff-user-password-reset",
    }
    assert {name: found for name, found in reached.items() if name != found} == shadowed


def test_permissions_page_matches_the_table(pages):
    people = {role: make_person(role) for role in ROLES}

    text = HEAD + "\n".join(report_lines(people)) + "\n"

    assert Path(ROOT, "docs/permissions.md").read_text() == text, (
        "run: .venv/bin/python manage.py list_permissions > docs/permissions.md"
    )


def outcome(response):
    """The outcome of a staff page's response: "refused", "sign-in", "in" or "broken"."""
    if response.status_code >= 500:
        return "broken"
    if response.status_code == 403:
        return "refused"
    if response.status_code == 302 and "/accounts/login/" in response["Location"]:
        return "sign-in"
    return "in"


#: Data that Wagtail's views expect from their own pages: form management counters, an uploaded file.
BROKEN_WITHOUT_A_FORM = {
    "wagtailadmin_pages:edit",
    "wagtailadmin_pages:copy",
    "wagtailadmin_choose_page_external_link",
    "wagtailredirects:process_import",
    *(
        f"wagtailsnippets_home_{model}:{view}"
        for model in ("banner", "productstory")
        for view in ("add", "edit", "copy")
    ),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.slow
def test_role_has_access_as_the_table_says(pages, quiet, role, method):
    person = make_person(role)
    quiet.force_login(person)
    signed_in = quiet.cookies.output()
    wrong = []

    for route, _name, address in all_pages(pages):
        name = name_of_match(resolve(address))
        access = access_of(name)
        allowed = {"GET": ("read", "write"), "POST": ("send", "write")}[method]
        expected = "in" if cell(person, route, name) in allowed else "refused"
        if access.is_public:
            expected = "refused"  # A signed-in user is redirected there if access is refused.
        point = transaction.savepoint()
        response = quiet.generic(method, address)
        transaction.savepoint_rollback(point)
        quiet.cookies.clear()
        quiet.cookies.load(signed_in.replace("Set-Cookie: ", ""))
        if name == "wagtail_bulk_action":  # here for sale prices
            expected = "in" if person.has_perm("commerce.delete_saleprice") else "refused"
        if method == "POST" and name in BROKEN_WITHOUT_A_FORM and expected == "in":
            expected = "broken"
        if outcome(response) != expected:
            wrong.append((name, address, response.status_code, expected))

    assert not wrong, "\n".join(map(str, wrong))


#: Access that roles must or must not have, written by hand and not derived from the table.
EXPECTED = [
    # role, method, URL, whether access is allowed
    (EDITOR, "GET", "/admin/", True),
    (EDITOR, "GET", "/admin/pages/", True),
    (EDITOR, "GET", "/admin/users/", False),
    (EDITOR, "GET", "/admin/snippets/commerce/outgoingmail/", False),
    (EDITOR, "GET", "/dashboard/orders/", False),
    (EDITOR, "POST", "/dashboard/catalogue/products/bulk-action/", False),
    (MERCHANDISER, "GET", "/dashboard/catalogue/", True),
    (MERCHANDISER, "GET", "/dashboard/partners/", True),
    (MERCHANDISER, "GET", "/dashboard/offers/", True),
    (MERCHANDISER, "POST", "/dashboard/offers/{offer}/", True),
    (MERCHANDISER, "POST", "/dashboard/orders/{number}/", False),
    (MERCHANDISER, "POST", "/dashboard/orders/{number}/shipping-address/", False),
    (MERCHANDISER, "POST", "/dashboard/partners/{partner}/", False),
    (MERCHANDISER, "GET", "/dashboard/users/", False),
    (SUPPORT, "GET", "/dashboard/orders/{number}/", True),
    (SUPPORT, "POST", "/dashboard/orders/{number}/", True),
    (SUPPORT, "GET", "/dashboard/users/", True),
    (SUPPORT, "POST", "/dashboard/users/", False),
    (SUPPORT, "POST", "/dashboard/offers/{offer}/", False),
    (SUPPORT, "POST", "/admin/users/new/", False),
    (FINANCE, "GET", "/dashboard/orders/{number}/", True),
    (FINANCE, "POST", "/dashboard/orders/{number}/", False),
    (FINANCE, "POST", "/dashboard/orders/{number}/shipping-address/", False),
    (FINANCE, "POST", "/dashboard/offers/{offer}/", False),
    (FINANCE, "GET", "/dashboard/reports/", True),
    (FINANCE, "GET", "/dashboard/payments/transfers/", True),
    (FINANCE, "POST", "/dashboard/users/{user}/password-reset/", False),
    (ADMIN, "GET", "/admin/users/", True),
    (ADMIN, "GET", "/dashboard/audit/", True),
    (ADMIN, "GET", "/dashboard/faults/", False),
]


@pytest.mark.parametrize(("role", "method", "address", "expected"), EXPECTED)
def test_role_can_do_its_work_and_no_more(pages, client, role, method, address, expected):
    client.force_login(make_person(role))
    keys = {
        "number": pages.keys["number"],
        "offer": pages.keys["dashboard:offer-detail", "pk"],
        "partner": pages.keys["dashboard:partner-manage", "pk"],
        "user": pages.keys["dashboard:user-detail", "pk"],
    }

    response = client.generic(method, address.format(**keys))

    assert (response.status_code != 403) is expected
    assert response.status_code < 500


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_customer_is_refused_everywhere(pages, quiet, method):
    quiet.force_login(make_user("customer@example.com"))

    answers = {
        address: outcome(quiet.generic(method, address))
        for _route, _name, address in all_pages(pages)
    }

    assert {address for address, answer in answers.items() if answer != "refused"} == set()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_guest_is_redirected_to_sign_in_everywhere(pages, quiet, method):
    answers = {
        address: outcome(quiet.generic(method, address))
        for _route, _name, address in all_pages(pages)
    }

    assert {address for address, answer in answers.items() if answer != "sign-in"} == set()


def test_unmapped_page_is_refused_even_to_superusers(pages, quiet, settings):
    quiet.force_login(make_person(SUPERUSER))
    settings.STAFF_PERMISSION_TABLES = ["home.staff.permission_table.TABLE"]
    table.permission_table.cache_clear()
    try:
        response = quiet.get("/dashboard/orders/")
    finally:
        table.permission_table.cache_clear()

    assert response.status_code == 403


#: Wagtail records who has a page open, to warn a second editor, and comment subscriptions. Both only
#: concern the reader.
BOOK_KEEPING = (
    "wagtailadmin_editingsession",
    "wagtailcore_pagesubscription",
    "wagtailcore_modelsubscription",
    "django_session",
)


def writes_of(queries):
    """SQL statements that change a table, except for bookkeeping."""
    changing = ("INSERT", "UPDATE", "DELETE", "REPLACE")
    return [
        query["sql"][:200]
        for query in queries
        if query["sql"].startswith(changing)
        and not any(name in query["sql"] for name in BOOK_KEEPING)
    ]


@pytest.mark.slow
def test_get_requests_of_staff_pages_change_no_table(pages, quiet):
    quiet.force_login(make_person(SUPERUSER))
    session = quiet.session.session_key
    written = {}

    for _route, _name, address in all_pages(pages):
        with CaptureQueriesContext(connection) as captured:
            response = quiet.get(address, headers={"sec-fetch-site": "cross-site"})
        assert response.status_code < 500, address
        if statements := writes_of(captured.captured_queries):
            written[address] = statements
        assert quiet.session.session_key == session, f"{address} signs out"

    assert not written, "\n".join(map(str, written.items()))
