"""Words written as one or as several, inflected words, compounds, and what ranks first."""

import pytest
from django.urls import reverse

from commerce.catalogue.product_lists import products_in
from commerce.index.facet_index import known_words
from commerce.index.language import stem_of
from commerce.index.refresh import broken_listings
from commerce.index.tokens import indexed_codes, indexed_words, searched_words
from commerce.models import PromotedResult, SearchSynonym, ShopSettings
from commerce.search.queries import count_results, search_products, suggest
from commerce.search.spelling import correct
from tests.factories import make_product, put_category

pytestmark = pytest.mark.django_db


@pytest.fixture
def german(shop):
    ShopSettings.objects.update(language="de")


def titles(query, **options):
    return [card.title for card in products_in(query=query, **options).cards]


def make(*names):
    return {name: make_product(name, price="5.00") for name in names}


# --- As one word, as several ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "hot water bottle",
        "hot-water-bottle",
        "hotwaterbottle",
        "hot-water bottle",
        "water-bottle hot",
    ],
)
@pytest.mark.parametrize("title", ["Hot water bottle", "Hot-water-bottle", "Grey hot-water bottle"])
def test_words_with_hyphens_and_spaces_find_each_other(shop, title, query):
    make(title, "Water jug")

    assert titles(query) == [title]


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Tea towel", ["teatowel", "tea-towel", "tea towels", "teatowels"]),
        ("Cakestand", ["cake stand", "cake-stand", "cake stands"]),
        ("Key ring", ["keyring", "key-ring", "key rings"]),
        ("Keyring", ["key ring", "key-rings"]),
        ("Tealights", ["tea light", "tea-light", "tealight"]),
    ],
)
def test_one_word_and_two_words_find_each_other(shop, title, queries):
    make(title)

    assert {query: titles(query) for query in queries} == dict.fromkeys(queries, [title])


def test_known_word_also_finds_its_two_words_after_itself(shop):
    make("Key ring", "Keyring", "Key and a napkin ring")

    assert titles("keyring")[0] == "Keyring"
    assert set(titles("keyring")) == {"Key ring", "Keyring", "Key and a napkin ring"}


def test_two_words_in_a_description_are_not_the_compound(shop):
    make("Key ring")
    told = make_product("Curtain", price="5.00")
    told.description = "A ring for each key."
    told.save()

    assert titles("keyring") == ["Key ring"]


def test_words_can_be_searched_literally(shop):
    make("Tea towel")

    assert titles("teatowel", exact=True) == []
    assert titles("tea-towel", exact=True) == ["Tea towel"]


def test_stop_words_inside_hyphens_are_ignored(shop):
    make("Cup & saucer", "Cup")

    assert titles("cup-and-saucer") == ["Cup & saucer"]


def test_code_finds_only_itself_if_it_exists(shop):
    make("DE-350 press", "Press DE 350")

    assert titles("de-350") == ["DE-350 press"]
    assert set(titles("de 350")) == {"DE-350 press", "Press DE 350"}


def test_incomplete_words_with_hyphens_are_suggested(shop):
    towel = make("Tea towel")["Tea towel"]

    for typed in ("tea-t", "tea-towel", "teatowel", "tea tow"):
        assert list(suggest(typed).titled) == [towel.pk], typed


# --- Inflected words --------------------------------------------------------------------------------


def test_stem_finds_other_forms_after_the_word_itself(shop):
    make("Mirrored disco ball", "Ball of wool", "Knitted throw", "Knit kit")

    assert titles("mirror ball")[0] == "Mirrored disco ball"
    assert titles("knit") == ["Knit kit", "Knitted throw"]
    assert set(titles("knitting")) == {"Knit kit", "Knitted throw"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["knit", "knits", "knitted", "knitting"]),
        ("en", ["child", "children"]),
        ("de", ["buch", "bucher", "buecher"]),
        ("de", ["strasse", "strassen"]),
        ("de", ["notizbuch", "notizbucher"]),
        ("xx", ["box"]),
    ],
)
def test_inflections_share_a_stem(language, words):
    assert len({stem_of(word, language) for word in words}) == 1


def test_stems_are_not_corrections(shop):
    make("Candles")

    assert correct("candl") == "candle"
    assert "candl" not in known_words().get(5, {})


def test_words_of_an_index_have_stems_and_joined_words():
    assert indexed_words("Tea-light, knitted", "en") == {
        "tea-light", "tea", "light", "tealight", "knitted", "=knit",
    }  # fmt: skip
    assert indexed_codes("SM-TEA-OAT") == {"sm-tea-oat", "sm", "tea", "oat"}


def test_promotion_holds_for_other_forms(mug, vase):
    PromotedResult.objects.create(query="knitted gifts", product=vase)

    assert search_products("knit gift").promoted == (vase.pk,)


# --- What is typed, what is meant -------------------------------------------------------------------


def test_typed_word_ranks_before_a_synonym(shop):
    SearchSynonym.objects.create(words="pink, blush, rose")
    SearchSynonym.objects.create(words="beaker, cup, tumbler")
    make("Blush beaker", "Rose cup", "Pink cup", "Pink beaker")

    assert titles("pink beaker")[0] == "Pink beaker"
    assert titles("pink beaker")[-1] in {"Blush beaker", "Rose cup", "Pink cup"}
    assert titles("pink")[:2] == ["Pink cup", "Pink beaker"]


def test_typed_words_are_suggested_before_synonyms(client, shop, site_root):
    SearchSynonym.objects.create(words="pink, blush")
    make("Blush beaker", "Pink beaker")

    page = client.get(reverse("search:suggest"), {"q": "pink bea"}).content.decode()

    assert page.index("Pink beaker") < page.index("Blush beaker")


def test_typed_category_ranks_before_a_synonym_in_a_title(shop):
    SearchSynonym.objects.create(words="sofa, couch")
    make("Couch")
    put_category(make_product("Chesterfield", price="5.00"), "Sofas")

    assert titles("sofa") == ["Chesterfield", "Couch"]


def test_synonym_may_be_a_phrase(shop):
    SearchSynonym.objects.create(words="hottie, hot-water bottle, bed warmer")
    make("Hottie", "Hot water bottle", "Bed warmer")

    for query in ("hottie", "hot-water-bottle", "bed warmers"):
        assert set(titles(query)) == {"Hottie", "Hot water bottle", "Bed warmer"}, query
    assert titles("warmer") == ["Bed warmer"]
    assert count_results(["bed warmer", "warmer bed"]) == {"bed warmer": 3, "warmer bed": 1}


def test_no_synonyms_are_built_in(shop):
    make("Couch")

    assert titles("sofa") == []


# --- Misspelt ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("tee pot", "teapot"), ("mgu", "mug"), ("tae", "tea"), ("bwl", "bowl"), ("jag", "jug")],
)
def test_three_letters_are_corrected_if_nothing_is_found(shop, typed, meant):
    make("Teapot", "Mug", "Tea", "Bowl", "Jug")

    assert meant.title() in titles(typed)
    assert search_products(typed).searched_for


@pytest.mark.parametrize("word", ["cat", "bag", "mat", "mud", "tub"])
def test_other_words_of_three_letters_are_not_corrected(shop, word):
    make("Cap", "Bar", "Mug", "Tea", "Map", "Tablecloth")

    assert titles(word) == []


def test_found_words_of_three_letters_are_not_corrected(shop):
    make("Tee", "Tea")

    assert titles("tee") == ["Tee"]


# --- German -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Kunstdruck Farn", ["druck", "drucke", "kunstdruck", "Kunst-Druck", "kunst druck"]),
        ("Notizbücher", ["notizbuch", "Notizbuch", "bücher", "bucher", "buecher", "buch", "notizbuecher"]),
        ("Straßenkarte", ["strasse", "straße", "karte", "strassenkarten"]),
        ("Gläser", ["glas", "glaeser", "Glaser"]),
        ("Weiße Tasse", ["tassen", "weisse tassen", "weiß"]),
    ],
)  # fmt: skip
def test_german_compounds_inflections_and_umlauts(german, title, queries):
    make(title, "Kissen")

    assert {query: titles(query) for query in queries} == dict.fromkeys(queries, [title])


def test_german_word_ranks_before_its_compounds(german):
    make("Suppenteller", "Teller", "Tellerregal")

    assert titles("teller")[0] == "Teller"
    assert set(titles("teller")) == {"Suppenteller", "Teller", "Tellerregal"}


def test_short_words_are_not_looked_for_in_compounds(german):
    make("Kreis", "Eis")

    assert titles("eis") == ["Eis"]


def test_german_stop_words_and_suggestions(german):
    book = make("Bücher für den Garten")["Bücher für den Garten"]

    assert searched_words("ein Buch über Farben für die Stadt", "de") == [
        "buch", "uber", "farben", "stadt",
    ]  # fmt: skip
    assert titles("die bücher und der garten") == ["Bücher für den Garten"]
    assert list(suggest("buech").titled) == [book.pk]


def test_words_are_indexed_again_in_the_shops_new_language(
    shop, django_capture_on_commit_callbacks
):
    make("Notizbücher")
    assert titles("buch") == []

    with django_capture_on_commit_callbacks(execute=True):
        row = ShopSettings.objects.get()
        row.language = "de"
        row.save()

    assert titles("buch") == ["Notizbücher"]
    assert list(broken_listings()) == []


# --- Suggestions from the catalogue -----------------------------------------------------------------


def test_empty_search_page_suggests_from_the_catalogue(client, shop, site_root):
    for title in ("Three cake stands", "Small cake stand", "Tea towel", "Three trays"):
        put_category(make_product(title, price="5.00"), "Kitchen")
    gift = make_product("Sold out", price="5.00", stock=0)
    PromotedResult.objects.create(query="wedding list", product=make_product("Vow", price="9.00"))
    PromotedResult.objects.create(query="old list", product=gift)

    page = client.get(reverse("search:search")).content.decode()

    assert "/search/?q=wedding+list" in page
    assert "/search/?q=cake" in page
    assert "?q=three" not in page
    assert "?q=old+list" not in page
    assert page.count(">Kitchen</a>") >= 1


def test_search_without_a_result_suggests_too(client, shop, site_root):
    make("Cake stand", "Small cake stand")

    nothing = client.get(reverse("search:search"), {"q": "sofa"}).content.decode()
    found = client.get(reverse("search:search"), {"q": "cake"}).content.decode()

    assert "/search/?q=cake" in nothing
    assert ">Small cake stand</a>" in nothing
    assert "/search/?q=stand" not in found
