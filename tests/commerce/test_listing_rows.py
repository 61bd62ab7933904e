"""Parts of the read model: term texts, bulk rows, photograph markup, bitmaps."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from commerce.bulk_sql import insert_rows, update_rows
from commerce.catalogue.product_lists import products_in
from commerce.images.card_photos import photos_of
from commerce.images.photos import photo_for, render_ahead
from commerce.images.pictures import CARD_SIZES, framed, photo_html
from commerce.index.postings import COLUMNS, as_set
from commerce.index.refresh import broken_listings, rebuild_listings, refresh_listings
from commerce.index.terms import KNOWN, TEXT, TITLE, as_text, terms_in
from commerce.models import Listing, Term
from commerce.search.spelling import correct
from tests.commerce.test_photos import add_picture
from tests.factories import make_product

WORDS = st.sets(
    st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=3), max_size=9
)
SETS = st.dictionaries(
    st.tuples(st.sampled_from(["attribute", "price", "variant"]), st.text(max_size=9)),
    st.text(max_size=5),
    max_size=9,
)


@given(words=st.tuples(WORDS, WORDS, WORDS), sets=SETS)
def test_terms_round_trip_and_a_word_keeps_its_greatest_weight(words, sets):
    terms = {key: (label, TEXT) for key, label in sets.items()}
    for weight in (TEXT, KNOWN, TITLE):
        terms |= {("word", word): ("", weight) for word in words[weight]}

    assert terms_in(as_text(words, sets)) == terms
    assert as_text(words, dict(reversed(sets.items()))) == as_text(words, sets)


def test_empty_text_has_no_terms():
    assert terms_in("") == terms_in(None) == {}


@pytest.mark.django_db
def test_rows_are_inserted_once_and_updated_by_key():
    columns = ("kind", "value", *COLUMNS)
    rows = [
        ("word", f"w{n}", "Ä'\"%s", 1, False, BitMap([n]).serialize(), b"", b"") for n in range(700)
    ]

    assert insert_rows(Term, columns, rows) == 700
    assert (
        insert_rows(
            Term, columns, [*rows, ("word", "new", "", 0, False, b"", b"", b"")], ignore=True
        )
        == 1
    )
    keys = Term.objects.filter(value__in=["w3", "w4"]).values_list("pk", flat=True)
    update_rows(Term, ("label", "n"), [("changed", 5, pk) for pk in keys])

    assert Term.objects.count() == 701
    assert set(Term.objects.filter(n=5).values_list("value", "label")) == {
        ("w3", "changed"), ("w4", "changed"),
    }  # fmt: skip
    third = Term.objects.get(value="w2")
    assert (third.label, as_set(third.bitmap)) == ("Ä'\"%s", BitMap([2]))
    assert insert_rows(Term, columns, []) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("is_rendered", [True, False])
def test_stored_renditions_give_the_image_markup(site_root, mug, is_rendered):
    image = photo_for(add_picture(mug))
    image.renditions.all().delete()
    if is_rendered:
        render_ahead([image])

    (found,) = photos_of([mug.pk])[mug.pk]

    assert found.pk == image.pk
    assert (found.share is not None) == is_rendered
    stored = json.loads(json.dumps(found.sources))
    for alt in ('Mug "No. 5" & <friends>\'', "", "Other"):
        markup = framed(stored, alt=alt, sizes=CARD_SIZES)
        assert ("<source" in markup) == is_rendered
        if is_rendered:
            assert markup == photo_html(image, alt=alt, sizes=CARD_SIZES)


@pytest.mark.django_db
def test_digest_of_a_card_changes_with_a_variants_photograph(site_root, mug):
    """Regression: a cached card showed the deleted photograph of its variant."""

    def digest():
        refresh_listings([mug.pk])
        return Listing.objects.get(pk=mug.pk).card["digest"]

    variant = mug.children.first()
    render_ahead([photo_for(add_picture(mug))])
    before = digest()
    picture = add_picture(variant)
    render_ahead([photo_for(picture)])
    with_photograph = digest()
    picture.delete()

    assert len({before, with_photograph}) == 2
    assert digest() == before


@pytest.mark.django_db
def test_word_is_known_while_a_title_or_category_contains_it(mug):
    vase = make_product("Vase", price="20.00", stock=1)
    vase.description = "As blue as a harbour."
    vase.save()
    assert correct("harbuor") == "harbour"

    mug.title = "Mug"
    mug.save()

    term = Term.objects.get(kind="word", value="harbour")
    assert (term.n, term.is_known) == (1, False)
    assert correct("harbuor") is None
    assert list(broken_listings()) == []


@pytest.mark.django_db
def test_rebuild_restores_lost_terms_and_empties_unused_ones(mug):
    lost = Term.objects.get(kind="word", value="mug")
    Term.objects.filter(pk=lost.pk).delete()
    Term.objects.create(kind="word", value="ghost", n=1, bitmap=BitMap([mug.pk]).serialize())
    assert {sentence.split(":")[1] for sentence in broken_listings()} == {"ghost", "mug"}

    rebuild_listings()

    assert list(broken_listings()) == []
    assert products_in(query="mug", exact=True).total == 1
    assert Term.objects.get(value="ghost").n == 0


@pytest.mark.django_db
def test_refresh_handles_more_products_than_one_batch(shop, monkeypatch):
    pieces = [make_product(f"Cup {n}", price="20.00", stock=1) for n in range(5)]
    monkeypatch.setattr("commerce.index.refresh.BATCH", 2)
    Listing.objects.all().delete()

    assert refresh_listings([piece.pk for piece in pieces]) == 5

    assert Listing.objects.count() == 5
    assert list(broken_listings()) == []
