"""The list of searches without a result links to a synonym form and shows which are solved."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commerce.models import ProductCollection, SearchMiss, SearchSynonym
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db
LIST = "wagtailsnippets_commerce_searchmiss:list"


def miss(words, count=1):
    return SearchMiss.objects.create(words=words, count=count, last_at=timezone.now())


def rows_of(client):
    """``{query: (current result, URL of the synonym form)}``."""
    soup = BeautifulSoup(client.get(reverse(LIST)).content, "html.parser")
    rows = [row.find_all("td") for row in soup.select("tbody tr")]
    return {
        cells[-5].get_text(" ", strip=True): (
            cells[-2].get_text(strip=True),
            cells[-1].a and cells[-1].a["href"],
        )
        for cells in rows
    }


def test_row_shows_whether_the_search_is_solved(admin_client, site_root, mug):
    for words in ("beaker", "harbour beaker", "teapot", "gift"):
        miss(words)
    assert {found for found, _url in rows_of(admin_client).values()} == {"Nothing"}

    SearchSynonym.objects.create(words="beaker, mug")
    make_product("Round teapot", price="68.00")
    ProductCollection.objects.create(title="Gifts", slug="gifts")

    assert {words: found for words, (found, _url) in rows_of(admin_client).items()} == {
        "beaker": "Solved: finds 1 product",
        "harbour beaker": "Solved: finds 1 product",
        "teapot": "Solved: finds 1 product",
        "gift": "Solved: finds a collection",
    }


def test_synonym_form_starts_with_the_query(admin_client, site_root, mug):
    miss("tea & <b>beaker</b>")
    ((_found, url),) = rows_of(admin_client).values()

    form = BeautifulSoup(admin_client.get(url).content, "html.parser")
    field = form.select_one("input[name=words]")
    assert field["value"] == "tea & <b>beaker</b>, "
    again = admin_client.post(url, {"words": field["value"]})
    assert "Enter at least two words" in again.text
    admin_client.post(url, {"words": "beaker, mug"})

    assert SearchSynonym.objects.get().words == "beaker, mug"


def test_user_who_may_not_add_synonyms_sees_no_link(client, site_root):
    miss("beaker")
    staff = make_user(is_staff=True)
    codenames = ["access_admin", "view_searchmiss"]
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff)

    assert rows_of(client) == {"beaker": ("Nothing", None)}


@pytest.mark.django_db(transaction=True)
def test_more_rows_need_no_more_queries(caching, admin_client, site_root, mug):
    caching()

    def count():
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(reverse(LIST))
        return len(queries)

    miss("first")
    count()
    before = count()
    for number in range(10):
        miss(f"word{number}")

    assert count() <= before + 1  # the new queries, looked up together
