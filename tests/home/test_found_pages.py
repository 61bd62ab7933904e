"""Pages that a search finds are cached until a page changes."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from modelsearch.tasks import insert_or_update_object_task
from wagtail.models import PageViewRestriction

from home.models import LandingPage, StandardPage
from home.search import find_pages, forget_found_pages
from tests.home.bodies import feature

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


def test_pages_are_found_by_their_text_once_they_are_indexed(caching, publish):
    """The index is written by a task, after the change was told to the caches."""
    caching()
    page = publish("Glazing by hand", StandardPage)
    assert titles() == ["Glazing by hand"]
    StandardPage.objects.filter(pk=page.pk).update(title="Glazing at night")  # sends no signal
    assert titles() == ["Glazing by hand"]

    forget_found_pages(None, SimpleNamespace(task=SimpleNamespace(module_path="other")))
    assert titles() == ["Glazing by hand"]
    forget_found_pages(None, SimpleNamespace(task=insert_or_update_object_task))

    assert titles() == ["Glazing at night"]


def test_link_to_a_product_follows_the_product(caching, publish, client, photo, vase):
    caching()
    page = publish("Spring", LandingPage, body=[feature(photo, product=vase.pk)])
    assert f'href="{vase.get_absolute_url()}"' in client.get(page.url).text

    vase.is_public = False
    vase.save()

    assert vase.get_absolute_url() not in client.get(page.url).text
