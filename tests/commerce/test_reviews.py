"""Reviews: who may write them, which are shown, and the URLs of their pages."""

import html
import re
from urllib.parse import parse_qsl

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.reviews import PAGE_SIZE, ReviewQuery, review_status, review_summary
from commerce.index.listings import product_url
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db
ProductReview = get_model("reviews", "ProductReview")
REVIEW = {"score": "5", "title": "Fine", "body": "I like it."}


def write(product, score, *, title="", user=None, status=ProductReview.APPROVED):
    number = ProductReview.objects.count()
    user = user or make_user(f"reader{number}@example.com", first_name=f"Reader {number}")
    return ProductReview.objects.create(
        product=product, user=user, score=score, title=title or f"Review {number}",
        body="Text.", status=status,
    )  # fmt: skip


def page(client, product, **query):
    return client.get(product_url(product.pk, product.slug), query)


def add_url(product):
    return reverse("catalogue:reviews-add", args=[product.slug, product.pk])


@pytest.fixture
def buyer(client, mug):
    """A signed-in customer who bought the mug in oat."""
    user = make_user()
    make_order(mug.children.first(), user=user)
    client.force_login(user)
    return user


def test_only_a_paid_order_counts_as_a_purchase(mug):
    user = make_user()
    child = mug.children.first()

    assert review_status(user, mug) == "stranger"
    make_order(child, user=user, status="Pending payment")
    make_order(child, user=user, status="Cancelled")
    assert review_status(user, mug) == "stranger"
    make_order(child, user=user)
    assert review_status(user, mug) == "buyer"


def test_review_by_a_buyer_is_shown_after_approval(client, mug, buyer):
    response = client.post(add_url(mug), REVIEW, follow=True)

    review = ProductReview.objects.get()
    content = response.content.decode()
    assert (review.status, review.user) == (ProductReview.FOR_MODERATION, buyer)
    assert "Thank you. We’ll publish your review once we’ve checked it." in content
    assert "We’ll publish your review" in content
    assert "I like it." not in content

    review.status = ProductReview.APPROVED
    review.save()
    content = page(client, mug).content.decode()
    assert "I like it." in content
    assert "Bought here" in content
    mug.refresh_from_db()
    assert mug.rating == 5


@pytest.mark.parametrize("signed_in", [True, False])
def test_only_buyers_can_write(client, mug, signed_in):
    if signed_in:
        client.force_login(make_user())

    shown, sent = client.get(add_url(mug)), client.post(add_url(mug), REVIEW)

    assert (shown.status_code, sent.status_code) == (302, 302)
    assert not ProductReview.objects.exists()
    assert "Only verified buyers" in page(client, mug).content.decode()


def test_nobody_reviews_twice(client, mug, buyer):
    client.post(add_url(mug), REVIEW)
    client.post(add_url(mug), {**REVIEW, "title": "Again"})

    assert ProductReview.objects.get().title == "Fine"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"score": ""}, "Choose one to five stars."),
        ({"score": "0"}, "Choose one to five stars."),
        ({"score": "6"}, "Choose one to five stars."),
        ({"score": "many"}, "Choose one to five stars."),
        ({"title": ""}, "Add a short summary."),
        ({"body": ""}, "Write a sentence or two."),
        ({"body": "x" * 4001}, "4000"),
        ({"title": "x" * 300}, "255"),
    ],
)
def test_form_names_missing_fields_and_keeps_the_rest(client, mug, buyer, change, error):
    response = client.post(add_url(mug), {**REVIEW, **change})

    content = response.content.decode()
    assert response.status_code == 200
    assert error in content
    kept = "Fine" if "title" not in change else "I like it."
    assert kept in content
    assert not ProductReview.objects.exists()


def test_verified_purchase_is_shown_for_buyers_only(client, mug):
    user = make_user()
    make_order(mug.children.first(), user=user)
    write(mug, 5, user=user)
    write(mug, 4)

    reviews = review_summary(mug).reviews

    assert {review.score: review.is_verified for review in reviews} == {5: True, 4: False}


def test_rating_bars_count_and_link_to_filters(client, mug):
    for score in (5, 5, 4, 1):
        write(mug, score)

    summary = page(client, mug, stars="5").context["reviews"]()

    assert [(bar.stars, bar.count) for bar in summary.bars] == [
        (5, 2), (4, 1), (3, 0), (2, 0), (1, 1),
    ]  # fmt: skip
    assert [review.score for review in summary.reviews] == [5, 5]
    assert (summary.count, summary.matching, summary.average) == (4, 2, 3.75)
    assert summary.bars[0].url == "./#reviews"
    assert summary.bars[1].url == "?stars=4#reviews"


def test_order_of_reviews(mug):
    for score in (3, 5, 1):
        write(mug, score)

    def scores(sort):
        return [review.score for review in review_summary(mug, ReviewQuery(sort=sort)).reviews]

    assert scores("newest") == [1, 5, 3]
    assert scores("highest") == [5, 3, 1]
    assert scores("lowest") == [1, 3, 5]


def test_pages_have_urls(client, mug):
    for _n in range(8):
        write(mug, 5)

    first, second = page(client, mug, sort="lowest"), page(client, mug, sort="lowest", page="2")

    assert "?sort=lowest&amp;page=2#reviews" in first.content.decode()
    shown = [response.context["reviews"]().reviews for response in (first, second)]
    assert [len(reviews) for reviews in shown] == [6, 2]
    assert not {review.pk for review in shown[0]} & {review.pk for review in shown[1]}


def test_url_keeps_the_selected_variant(client, mug):
    write(mug, 5)
    glaze = mug.children.last().pk

    summary = page(client, mug, variant=glaze).context["reviews"]()

    assert summary.bars[0].url == f"?variant={glaze}&stars=5#reviews"


@pytest.mark.parametrize(
    "query",
    [{"stars": "6"}, {"stars": "x"}, {"stars": "3"}, {"sort": "\x00"}, {"page": "9" * 30}, {"page": "-1"}],
)  # fmt: skip
def test_invalid_query_shows_the_nearest_page(client, mug, query):
    write(mug, 5)

    assert len(page(client, mug, **query).context["reviews"]().reviews) == 1


def test_script_gets_only_the_reviews(client, mug):
    write(mug, 5, title="A fine mug")

    part = client.get(
        product_url(mug.pk, mug.slug),
        {"as": "reviews"},
        headers={"X-Requested-With": "XMLHttpRequest"},
    ).content.decode()

    assert "A fine mug" in part
    assert "<html" not in part
    assert "Add to basket" not in part


def test_product_without_reviews_says_so(client, vase):
    assert "No reviews yet." in page(client, vase).content.decode()


def test_unapproved_review_has_no_page(client, mug):
    waiting = write(mug, 5, status=ProductReview.FOR_MODERATION)
    shown = write(mug, 5)

    def answer(review, product=mug):
        url = reverse("catalogue:reviews-detail", args=[product.slug, product.pk, review.pk])
        return client.get(url).status_code

    assert (answer(waiting), answer(shown)) == (404, 200)


def test_oscars_review_list_redirects_to_the_product(client, mug):
    response = client.get(reverse("catalogue:reviews-list", args=[mug.slug, mug.pk]))

    assert response.url == f"{product_url(mug.pk, mug.slug)}#reviews"


def vote_url(review):
    product = review.product
    return reverse("catalogue:reviews-vote", args=[product.slug, product.pk, review.pk])


def test_helpful_vote_counts_once_and_not_for_the_author(client, mug):
    review = write(mug, 5)
    client.force_login(make_user())

    client.get(vote_url(review))
    assert not review.votes.exists()
    client.post(vote_url(review))
    client.post(vote_url(review))

    assert review.votes.count() == 1
    assert "1 person found this helpful" in page(client, mug).content.decode()
    client.force_login(review.user)
    client.post(vote_url(review))
    assert review.votes.count() == 1


def test_guest_is_redirected_to_sign_in_before_voting(client, mug):
    review = write(mug, 5)

    response = client.post(vote_url(review))

    assert response.url.startswith(reverse("account_login"))
    assert not review.votes.exists()


def test_vote_returns_to_the_same_variant_and_page(client, mug):
    for _n in range(PAGE_SIZE + 1):
        write(mug, 5)
    client.force_login(make_user())
    glaze = mug.children.last()
    here = f"variant={glaze.pk}&stars=5&sort=helpful&page=2"
    shown = page(client, mug, **dict(parse_qsl(here)))
    action = html.unescape(re.search(r'action="([^"]*/vote/[^"]*)"', shown.text)[1])

    first = client.post(action)
    again = client.get(action)  # the URL after signing in

    assert first.url == again.url == f"{product_url(mug.pk, mug.slug)}?{here}#reviews"


def test_vote_on_the_first_page_returns_to_the_plain_url(client, mug):
    review = write(mug, 5)
    client.force_login(make_user())

    assert f'action="{vote_url(review)}"' in page(client, mug).text
    response = client.post(vote_url(review) + "?next=//evil.example&variant=x&page=-1")
    assert response.url == f"{product_url(mug.pk, mug.slug)}#reviews"


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 60])
def test_vote_on_an_unknown_review_is_a_404(client, mug, pk):
    client.force_login(make_user())
    url = reverse("catalogue:reviews-vote", args=[mug.slug, mug.pk, 1]).replace("/1/v", f"/{pk}/v")

    assert client.post(url).status_code == 404
