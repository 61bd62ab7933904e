"""Search: normalised, misspelt and partial words, synonyms, and invalid input."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model
from pyroaring import BitMap

from commerce.catalogue.product_lists import products_in
from commerce.index.language import singular_of
from commerce.index.tokens import fold, searched_words, split_words
from commerce.models import FacetAttribute, PromotedResult, SearchMiss, SearchSynonym
from commerce.search.misses import count_miss, flush_misses
from commerce.search.queries import search_products, suggest
from commerce.search.spelling import correct
from commerce.shop_settings.current import current_shop
from home.models import StandardPage
from tests.factories import make_product, put_category

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")

#: Thirty words from product titles, each with a typing error.
MISSPELT = {
    "harbour": "harbuor", "espresso": "expresso", "teabowl": "teabwol", "tumbler": "tumbller",
    "dinner": "diner", "breakfast": "brekfast", "pasta": "psata", "teapot": "tepot",
    "serving": "servign", "platter": "plater", "larder": "lrader", "butter": "buter",
    "mortar": "morter", "spoon": "spoom", "bottle": "botle", "breakwater": "breakwatter",
    "bothy": "bohty", "planter": "palnter", "candle": "candel", "incense": "insence",
    "saucer": "saucr", "colander": "collander", "pitcher": "picther", "tureen": "tureeen",
    "ramekin": "ramekim", "casserole": "cassserole", "sugar": "suger", "lantern": "lantren",
    "carafe": "caraffe", "trivet": "trivvet",
}  # fmt: skip


@pytest.fixture
def studio(shop):
    """A product for each of the words."""
    return {word: make_product(f"{word.title()} piece", price="20.00") for word in MISSPELT}


def titles(query, **options):
    return [card.title for card in products_in(query=query, **options).cards]


# --- Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CAFÉ", "cafe"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("ﬁg", "fig"),
        ("Smørbrød", "smorbrod"),
    ],
)
def test_text_is_normalised_alike_on_every_database(text, folded):
    assert fold(text) == folded


def test_compound_gives_the_whole_and_its_parts():
    assert split_words("SM-MUG/oat, don't") == [
        "sm-mug/oat",
        "sm",
        "mug",
        "oat",
        "don't",
        "don",
        "t",
    ]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("mugs", "mug"), ("dishes", "dish"), ("boxes", "box"), ("glass", "glass"), ("berries", "berry"),
     ("bus", "bus"), ("gas", "gas"), ("vases", "vase")],
)  # fmt: skip
def test_singulars(plural, singular):
    assert singular_of(plural, "en") == singular


def test_stop_words_count_only_alone():
    assert searched_words("a bowl for the soup", "en") == ["bowl", "soup"]
    assert searched_words("the", "en") == ["the"]


# --- Finding ----------------------------------------------------------------------------------------


def test_misspelt_words_find_their_products_among_the_first_three(studio):
    found = {word: products_in(query=misspelt).cards[:3] for word, misspelt in MISSPELT.items()}

    missed = [
        word
        for word, cards in found.items()
        if studio[word].pk not in [card.product_id for card in cards]
    ]
    assert missed == []


def test_unrelated_real_words_are_not_corrected(studio):
    words = ("sofa", "guitar", "laptop", "shoes", "window", "garden")

    assert {word: search_products(word).searched_for for word in words} == dict.fromkeys(words, "")


@pytest.mark.parametrize("word", ["café", "cafe", "CAFÉ", "glate"])
def test_short_word_is_not_corrected_to_another_first_letter(shop, word):
    make_product("Oven-safe slate plate", price="20.00")

    assert search_products(word).searched_for == ""
    assert correct(fold(word)) is None
    assert titles(word) == []


def test_first_letter_of_a_longer_word_may_be_wrong(studio):
    assert search_products("narbour").searched_for == "harbour"


def test_known_word_is_never_corrected(studio):
    make_product("Plater", price="9.00")

    assert titles("plater") == ["Plater"]
    assert search_products("plater").searched_for == ""


def test_correction_can_be_refused(studio):
    assert products_in(query="harbuor").search.searched_for == "harbour"
    assert products_in(query="harbuor", exact=True).total == 0


def test_digits_short_words_and_codes_are_not_corrected(studio):
    words = ("12x4", "mug7", "abc", "sm-88")

    assert {word: correct(word) for word in words} == dict.fromkeys(words)


def test_words_of_descriptions_are_found_but_not_used_for_corrections(shop):
    make_product("Jug", price="20.00")
    jug = make_product("Pot", price="20.00")
    jug.description = "<p>Salamander red.</p>"
    jug.save()

    assert titles("salamander") == ["Pot"]
    assert search_products("salamandr").searched_for == ""
    assert titles("salamand") == ["Pot"]  # a prefix


def test_title_ranks_before_description(shop):
    text = make_product("Pot", price="20.00")
    text.description = "Stands beside a lantern."
    text.save()
    make_product("Lantern", price="20.00")

    assert titles("lantern") == ["Lantern", "Pot"]


def test_category_and_facet_rank_before_description(shop):
    """Someone who searches for a kind of product wants that kind, not products that mention it."""
    told = make_product("Pot", price="20.00")
    told.description = "Goes into every kitchen, white or ink."
    told.save()
    put_category(make_product("Spoon rest", price="20.00"), "Kitchen")
    jar = make_product("Jar", price="20.00", glazes={"ink": 3})
    put_category(jar, "Kitchen")
    FacetAttribute.objects.create(attribute=jar.product_class.attributes.get())

    assert titles("kitchen") == ["Spoon rest", "Jar", "Pot"]
    assert titles("ink kitchen") == ["Jar", "Pot"]
    assert titles("kitch") == ["Spoon rest", "Jar", "Pot"]


def test_one_title_word_ranks_before_a_category_match(shop):
    for title in ("Dinner plate", "Pasta bowl"):
        piece = make_product(title, price="20.00")
        piece.description = "Small."
        piece.save()
        put_category(piece, "Plates and bowls")

    assert titles("bowl") == ["Pasta bowl", "Dinner plate"]
    assert titles("small bowl") == ["Pasta bowl", "Dinner plate"]


def test_products_with_more_matching_title_words_rank_first(shop):
    for title, text in (("Jug", "Tall, round and oval."), ("Oval jug", "Tall and round."),
                        ("Round oval jug", "Tall.")):  # fmt: skip
        piece = make_product(title, price="20.00")
        piece.description = text
        piece.save()

    assert titles("tall round oval jug") == ["Round oval jug", "Oval jug", "Jug"]
    assert titles("wide round oval jug") == ["Round oval jug", "Oval jug", "Jug"]


def test_more_words_need_no_more_queries_without_a_cache(shop):
    """Nothing is cached inside a transaction or during a Redis outage."""
    make_product("Tall round oval jug", price="20.00")
    current_shop()  # read once in a transaction

    def queries(work):
        with CaptureQueriesContext(connection) as asked:
            work()
        return len(asked)

    assert queries(lambda: search_products("oval jug")) == queries(
        lambda: search_products("tall round oval jug")
    )
    assert queries(lambda: suggest("oval jug")) == queries(lambda: suggest("tall round oval jug"))


def test_correction_shows_promotions_for_both_words(mug, vase):
    PromotedResult.objects.create(query="harbour", product=vase)
    assert search_products("harbuor").promoted == (vase.pk,)

    PromotedResult.objects.create(query="harbuor", product=mug)
    assert search_products("harbuor").promoted == (mug.pk,)


def test_possessive_is_ignored(mug):
    make_product("Potter's wheel", price="20.00")

    assert titles("mug's") == titles("mug’s") == ["Harbour mug"]
    assert titles("potter's") == titles("potter") == ["Potter's wheel"]


def test_unknown_compound_is_split(shop):
    cup = make_product("Espresso cup", price="20.00")
    cup.description = "For tea as well."
    cup.save()

    found = search_products("teacup")

    assert list(found.ids) == [cup.pk]
    assert found.searched_for == "tea cup"
    assert search_products("teacup", exact=True).ids == BitMap()
    assert search_products("cupboard").searched_for == ""  # no product has "board"


def test_plural_query_suggests_the_singular(shop):
    vase = make_product("Moon vase", price="20.00")
    put_category(vase, "Vases")
    put_category(make_product("Bowl", price="20.00"), "Vases")

    assert list(suggest("vases")[0]) == [vase.pk]


def test_category_is_suggested_before_description_matches(shop):
    told, jar = make_product("Pot", price="20.00"), make_product("Jar", price="20.00")
    told.description = "Goes into every kitchen."
    told.save()
    put_category(jar, "Kitchen")

    titled, others, *_rest = suggest("kit")

    assert (list(titled), list(others)) == ([], [jar.pk])


def test_sku_is_found_in_full_and_in_part(mug):
    record = mug.children.first().stockrecords.get()
    record.partner_sku = "HM-350-OAT"
    record.save()

    for query in ("HM-350-OAT", "hm-350-oat", "350", "HM-350"):
        assert titles(query) == ["Harbour mug"], query


def test_synonyms_work_both_ways(mug, vase):
    SearchSynonym.objects.create(words="mug, beaker, drinking cup")

    assert titles("beaker") == ["Harbour mug"]
    assert titles("beakers") == ["Harbour mug"]
    assert titles("drinking") == []


def test_promoted_product_comes_first_without_matching_words(mug, vase):
    PromotedResult.objects.create(query="Mugs", product=vase)

    assert titles("mug") == ["Moon vase", "Harbour mug"]
    assert titles("harbour mug") == ["Harbour mug"]


def test_partial_matches_are_shown_if_nothing_matches_all_words(mug, vase):
    page = products_in(query="mug vase")

    assert page.search.is_any
    assert {card.title for card in page.cards} == {"Harbour mug", "Moon vase"}


@pytest.mark.parametrize(
    "query",
    ["'", '"mug', "mug'--", "\x00mug", "mug\x00", "m" * 10_000, "🙂 mug", "mug AND", "NOT mug", "-mug",
     "mug*", "m", "mug OR 1=1", "the mug", "((mug", "%mug%", "mug; DROP TABLE x"],
)  # fmt: skip
def test_unusual_query_never_fails(client, mug, site_root, query):
    page = client.get(reverse("search:search"), {"q": query})

    assert page.status_code == 200
    if "mug" in query:
        assert "Harbour mug" in page.content.decode()


def test_page_names_the_correction_and_offers_the_original(client, mug, site_root):
    page = client.get(reverse("search:search"), {"q": "harbuor"}).content.decode()

    assert "Showing results for <strong>harbour</strong>" in page
    assert "?q=harbuor&amp;exact=1" in page


def test_empty_search_says_so_and_shows_everything(client, mug, site_root):
    page = client.get(reverse("search:search"), {"q": "%"}).content.decode()

    assert "couldn’t find a word to search for" in page
    assert "Harbour mug" in page


def test_search_needs_as_many_queries_for_forty_as_for_four(client, shop, site_root):

    current_shop()  # read once in a transaction
    counts = []
    for number in (4, 36):
        for n in range(number):
            make_product(f"Cup {number} {n}", price="20.00", glazes={"oat": 3})
        with CaptureQueriesContext(connection) as queries:
            products_in(query="cup", filters={"price": ["0"]})
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 20  # nothing is cached inside a transaction


# --- While typing -----------------------------------------------------------------------------------


def test_prefix_suggests_products_and_categories(mug, vase):
    mug.productcategory_set.create(category=Category.add_root(name="Mugs & cups"))

    titled, others, categories, *_rest = suggest("mu")

    assert (list(titled), list(others)) == ([mug.pk], [])
    assert [Category.objects.get(pk=pk).name for pk in categories] == ["Mugs & cups"]


def test_misspelling_is_suggested_as_the_search_corrects_it(mug):
    assert list(suggest("harbuor")[0]) == [mug.pk]


def test_title_matches_are_suggested_without_others(client, mug, vase, site_root):
    vase.description = "<p>As round as a mug, and a harbinger of spring.</p>"
    vase.save()

    def suggested(words):
        page = client.get(reverse("search:suggest"), {"q": words}).content.decode()
        return [title for title in ("Harbour mug", "Moon vase") if title in page]

    assert suggested("mu") == ["Harbour mug"]
    assert suggested("spr") == ["Moon vase"]  # Better than no suggestion.


def test_suggestions_are_options_with_photograph_and_price(client, mug, site_root):
    page = client.get(reverse("search:suggest"), {"q": "harb"}).content.decode()

    assert 'role="option"' in page
    assert "£24" in page
    assert f'href="{mug.get_absolute_url()}"' in page


@pytest.mark.parametrize("query", ["", " ", "\x00", "%", "x" * 9000])
def test_empty_query_suggests_nothing(client, mug, site_root, query):
    response = client.get(reverse("search:suggest"), {"q": query})

    assert response.status_code == 200
    assert "option" not in response.content.decode()


# --- What was not found -----------------------------------------------------------------------------


@pytest.fixture
def _no_misses(db):
    """Discard searches without a result from other tests."""
    flush_misses()
    SearchMiss.objects.all().delete()


@pytest.mark.usefixtures("_no_misses")
def test_search_without_a_result_is_counted_after_the_request(client, mug, site_root):
    for query in ("Sofa", "sofa ", "mug"):
        client.get(reverse("search:search"), {"q": query})
    assert not SearchMiss.objects.exists()

    assert flush_misses() == 1

    miss = SearchMiss.objects.get()
    assert (miss.words, miss.count) == ("sofa", 2)


@pytest.mark.usefixtures("_no_misses")
def test_old_searches_without_a_result_are_deleted():
    SearchMiss.objects.create(words="old", count=3, last_at=timezone.now() - timedelta(days=100))
    count_miss("new")

    flush_misses()

    assert [row.words for row in SearchMiss.objects.all()] == ["new"]


def test_two_words_find_their_compound(shop):
    teapot = make_product("Low-tide teapot", price="86.00")
    make_product("Tea towel", price="9.00")

    assert teapot.pk in search_products("tea pot").ids
    assert teapot.pk in search_products("tea pot").title_ids


def test_search_with_results_is_not_counted_as_a_miss(client, mug, site_root):
    flush_misses()  # misses of other tests
    SearchMiss.objects.all().delete()
    PromotedResult.objects.create(query="gift", product=mug)
    page = StandardPage(title="Parcels", slug="parcels", intro="How parcels travel")
    site_root.add_child(instance=page)

    for words in ("gift", "parcels", "nothing of that kind"):
        client.get(reverse("search:search"), {"q": words})
    flush_misses()

    assert list(SearchMiss.objects.values_list("words", flat=True)) == ["nothing of that kind"]


def test_sold_out_products_come_last_among_partial_matches(shop):
    dish = make_product("Butter dish", price="30.00", stock=0)
    bowl = make_product("Bowl", price="40.00", stock=2)
    bowl.description = "<p>Safe in an oven.</p>"
    bowl.save()
    jar = make_product("Dish with a lid", price="20.00", stock=1)

    page = products_in(query="oven dish")

    assert page.search.is_any
    assert [card.product_id for card in page.cards] == [jar.pk, bowl.pk, dish.pk]


def test_sold_out_products_come_last_among_title_matches(shop):
    gone = make_product("Round dish", price="30.00", stock=0)
    there = make_product("Oval dish", price="40.00", stock=2)
    told = make_product("Bowl", price="40.00", stock=2)
    told.description = "<p>As a dish.</p>"
    told.save()

    cards = products_in(query="dish").cards

    assert [card.product_id for card in cards] == [there.pk, gone.pk, told.pk]


@pytest.mark.parametrize("words", ["sale", "SALE", " on  sale "])
def test_search_for_sale_links_to_the_offers(client, vase, words):
    response = client.get("/search/", {"q": words})

    assert (response.status_code, response.url) == (302, "/catalogue/?sale=yes")
    assert client.get("/search/", {"q": words, "exact": "1"}).status_code == 200
