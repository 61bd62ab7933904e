"""Pages that a search finds are cached until a page changes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from home.models import StandardPage
from home.search import find_pages

pytestmark = pytest.mark.django_db(transaction=True)


def titles(words="glazing"):
    return [page.title for page in find_pages(words, 5)]


def test_pages_are_found_again_without_a_query_until_one_changes(caching, publish):
    caching()
    assert titles() == []

    page = publish("Glazing by hand", StandardPage)
    assert titles() == ["Glazing by hand"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert titles() == ["Glazing by hand"]
    assert not [query for query in queries if "wagtailcore_page" in query["sql"]]

    page.title = "Glazing at dusk"
    page.save_revision().publish()
    assert titles() == ["Glazing at dusk"]
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    assert titles() == []
    PageViewRestriction.objects.all().delete()
    assert titles() == ["Glazing at dusk"]
    page.unpublish()
    assert titles() == []
