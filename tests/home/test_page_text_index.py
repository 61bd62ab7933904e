"""Page texts in the product search: indexed while the page is live and public."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from commerce.catalogue.product_lists import products_in
from commerce.index.refresh import broken_listings, rebuild_listings
from commerce.index.terms import TEXT, terms_in
from commerce.models import ListingTerms, ProductCollection, Term
from commerce.search.spelling import correct
from home.blocks.body import BodyBlock
from home.models import Banner, LandingPage, StandardPage, StoryIndexPage, StoryPage
from home.page_text_index import page_text, page_texts
from home.reports.product_uses import uses_of_products
from tests.factories import make_product, put_category
from tests.home.bodies import block, buy, every_block, row

pytestmark = pytest.mark.django_db


def text(words):
    return block("text", f"<p>{words}</p>")


def found(words):
    return [card.title for card in products_in(query=words, exact=True).cards]


@pytest.fixture
def story(publish, mug):
    """A live story that shows the mug."""
    index = publish("Journal", StoryIndexPage)
    return publish(
        "Fog on the estuary", StoryPage, index, author="Ruth", standfirst="Driftwood mornings",
        body=[text("We gather samphire."), buy(mug.pk)],
    )  # fmt: skip


@pytest.mark.parametrize("words", ["estuary", "driftwood", "samphire", "samphire mug"])
def test_product_is_found_by_the_words_of_a_story_about_it(story, vase, words):
    assert found(words) == ["Harbour mug"]
    assert list(broken_listings()) == []


@pytest.fixture
def body(mug, photo):
    """One block of each kind; those with a product show the mug."""
    return every_block(
        photo,
        product=mug.pk,
        category=put_category(mug, "Cups").pk,
        page=None,
        banner_id=Banner.objects.create(heading="Seconds").pk,
        collection_id=ProductCollection.objects.create(title="All our work", slug="all").pk,
    )


@pytest.mark.parametrize("kind", BodyBlock().child_blocks)
def test_every_block_that_shows_a_product_adds_its_words(publish, body, kind):
    publish("Samphire", body=[one for one in body if one["type"] == kind])

    paths = uses_of_products().values_list("model_path", flat=True)
    shows_product = any(".link." not in path for path in paths)
    assert found("samphire") == (["Harbour mug"] if shows_product else [])


def test_blocks_that_show_a_product(publish, body):
    publish("Samphire", body=body)

    paths = uses_of_products().values_list("model_path", flat=True)
    assert {path.split(".")[1] for path in paths if ".link." not in path} == {
        "product", "product_row", "quote"
    }  # fmt: skip


def test_page_about_one_product_adds_words_to_it(publish, mug):
    publish("Samphire", product=mug)

    assert found("samphire") == ["Harbour mug"]


def test_link_to_a_product_adds_no_words(publish, mug, photo):
    hero = {"image": photo.pk, "heading": "Samphire", "link": {"label": "x", "product": mug.pk}}
    publish("Fog", body=[block("hero", hero)])

    assert found("samphire") == []


def test_home_page_adds_no_words(site_root, mug):
    site_root.body = [text("We gather samphire."), row(mug.pk)]
    site_root.save()

    assert found("samphire") == []


def test_draft_adds_no_words_until_it_is_published(publish, mug):
    page = publish("Fog", live=False, body=[text("samphire"), buy(mug.pk)])
    assert found("samphire") == []

    page.save_revision().publish()

    assert found("samphire") == ["Harbour mug"]


def test_unpublished_changes_add_no_words(story, vase):
    story.body = [text("Lichen."), buy(vase.pk)]
    revision = story.save_revision()
    assert (found("lichen"), found("samphire")) == ([], ["Harbour mug"])

    revision.publish()

    assert (found("lichen"), found("samphire")) == (["Moon vase"], [])
    assert list(broken_listings()) == []


def test_unpublishing_removes_the_words(story):
    story.unpublish()

    assert found("samphire") == []
    assert list(broken_listings()) == []


def test_expired_page_removes_its_words(story):
    from django.core.management import call_command

    Page.objects.filter(pk=story.pk).update(expire_at=timezone.now())
    call_command("publish_scheduled")

    assert found("samphire") == []


def test_deleting_removes_the_words(story):
    story.get_parent().delete()

    assert found("samphire") == []
    assert list(broken_listings()) == []


def test_page_that_becomes_private_removes_its_words(story):
    restriction = PageViewRestriction.objects.create(
        page=story.get_parent(), restriction_type=PageViewRestriction.LOGIN
    )
    assert found("samphire") == []

    restriction.delete()
    assert found("samphire") == ["Harbour mug"]


def test_page_moved_below_a_private_one_removes_its_words(publish, mug):
    cellar = publish("Cellar", StandardPage)
    PageViewRestriction.objects.create(page=cellar, restriction_type=PageViewRestriction.LOGIN)
    page = publish("Fog", StandardPage, body=[text("samphire"), buy(mug.pk)])

    page.move(cellar, pos="last-child")

    assert found("samphire") == []
    assert list(broken_listings()) == []


def test_words_are_indexed_in_the_transaction_of_the_change(publish, mug):
    def publish_and_fail():
        with transaction.atomic():
            publish("Samphire", body=[buy(mug.pk)])
            assert found("samphire") == ["Harbour mug"]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_and_fail()

    assert found("samphire") == []
    assert not Term.objects.filter(kind="word", value="samphire", n__gt=0).exists()


def test_page_words_weigh_least_and_never_correct_a_query(story):
    term = Term.objects.get(kind="word", value="samphire")

    texts = ListingTerms.objects.values_list("text", flat=True)
    weights = [
        terms[key] for text in texts if (key := ("word", "samphire")) in (terms := terms_in(text))
    ]

    assert weights == [("", TEXT)]
    assert not term.is_known
    assert correct("samphier") is None


def test_rebuild_indexes_the_words_again(story):
    for terms in ListingTerms.objects.all():
        terms.text = terms.text.replace("=samphir ", "").replace("samphire", "")
        terms.save()
    Term.objects.filter(value__in=["samphire", "=samphir"]).update(bitmap=b"", n=0)
    assert found("samphire") == []

    rebuild_listings()

    assert found("samphire") == ["Harbour mug"]


def test_text_includes_every_block_but_no_setting(publish, body):
    page = publish("Fog", body=body)

    with CaptureQueriesContext(connection) as captured:
        words = page_text(LandingPage.objects.get(pk=page.pk))

    assert len(captured) == 1
    assert words == (
        "Fog The table Clay From the estuary. Fired on Thursdays. One kiln x The kiln Hands a a "
        "It pours. Ruth Thrown in one piece. From the kiln Rooms Look Look"
    )


def test_indexing_needs_as_many_queries_for_many_pages_as_for_one(publish, db):
    cups = [make_product(f"Cup {n}", price="20.00") for n in range(8)]
    ids = [cup.pk for cup in cups]

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page_texts(ids)
        return len(captured)

    publish("One", LandingPage, body=[buy(ids[0])])
    few = queries()
    for n, pk in enumerate(ids):
        publish(f"Page {n}", LandingPage, body=[buy(pk), row(*ids)])

    assert queries() == few
