"""Old URLs: one permanent redirect to the product or category, or a 410."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.index.listings import cards_for, product_url
from commerce.models import Retirement
from tests.factories import make_product, put_category

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")


def address_of(product):
    return product_url(product.pk, product.slug)


def only_hop(client, path):
    """The target of a path, which must be exactly one permanent redirect."""
    response = client.get(path, follow=True)
    assert [status for _url, status in response.redirect_chain] == [301], response.redirect_chain
    assert response.status_code == 200
    return response.redirect_chain[0][0]


def retire(product, replacement=None):
    return Retirement.objects.create(product=product, replacement=replacement)


@pytest.fixture
def table(shop):
    """A category two levels deep."""
    return Category.add_root(name="Table").add_child(name="Mugs")


def test_renamed_product_is_found_by_every_old_slug(client, mug):
    old = []
    for slug in ("one", "two", "three"):
        old.append(address_of(mug))
        mug.slug = slug
        mug.save()

    for path in old:
        assert only_hop(client, f"{path}?variant=7&utm=x") == f"{address_of(mug)}?variant=7&utm=x"


def test_missing_slash_and_old_slug_need_one_redirect(client, mug):
    path = product_url(mug.pk, "old-name").rstrip("/")

    assert only_hop(client, f"{path}?variant=7") == f"{address_of(mug)}?variant=7"


def test_variant_url_keeps_the_rest_of_the_query(client, mug):
    slate = mug.children.order_by("pk").last()

    assert only_hop(client, f"{address_of(slate)}?utm=x&variant=1") == (
        f"{address_of(mug)}?utm=x&variant={slate.pk}"
    )


def test_renamed_category_redirects_itself_and_its_descendants(client, table):
    parent, old = table.get_parent(), table.get_absolute_url()
    parent.slug = "dining"
    parent.save()

    assert only_hop(client, f"{old}?page=1") == (
        f"/catalogue/category/dining/mugs_{table.pk}/?page=1"
    )
    assert Category.objects.get(pk=table.pk).get_absolute_url() in only_hop(client, old)


def test_moved_category_leaves_a_redirect(client, table):
    old = table.get_absolute_url()
    kitchen = Category.add_root(name="Kitchen")
    table.move(kitchen, "first-child")

    assert only_hop(client, old) == f"/catalogue/category/kitchen/mugs_{table.pk}/"
    assert only_hop(client, old.rstrip("/")) == f"/catalogue/category/kitchen/mugs_{table.pk}/"


def test_current_urls_do_not_redirect(client, mug, table):
    for path in (address_of(mug), table.get_absolute_url()):
        assert client.get(path).status_code == 200


def test_retired_product_redirects_to_its_replacement(client, mug, vase):
    retire(mug, vase)

    path = f"{product_url(mug.pk, 'old')}?variant=3&stars=5&utm=x"
    assert only_hop(client, path) == f"{address_of(vase)}?utm=x"
    slate = mug.children.order_by("pk").last()
    assert only_hop(client, address_of(slate)) == address_of(vase)


def test_retired_product_without_a_replacement_is_gone_and_suggests_others(client, mug, vase):
    other = make_product("Beaker", price="20.00")
    for product in (mug, other):
        put_category(product, "Drinking")
    retire(mug)

    for path in (address_of(mug), address_of(mug.children.first())):
        response = client.get(path)
        text = response.content.decode()
        assert response.status_code == 410
        assert all(words in text for words in ("Harbour mug", "Beaker", "See all of Drinking"))
        assert "Moon vase" not in text
        assert 'name="robots" content="noindex"' in text
        assert 'rel="canonical"' not in text
    assert client.head(address_of(mug)).status_code == 410


def test_retiring_takes_the_product_off_sale(mug):
    retire(mug)

    mug.refresh_from_db()
    assert mug.is_public is False
    assert cards_for([mug.pk]) == []


def test_hidden_product_that_is_not_retired_stays_a_404(client, vase):
    vase.is_public = False
    vase.save()

    assert client.get(address_of(vase)).status_code == 404


def test_hidden_variant_of_a_product_on_sale_stays_a_404(client, mug, vase):
    slate = mug.children.order_by("pk").last()
    slate.is_public = False
    slate.save()

    assert client.get(address_of(slate)).status_code == 404


def test_replacement_that_goes_off_sale_leaves_a_410(client, mug, vase):
    retire(mug, vase)
    vase.is_public = False
    vase.save()

    assert client.get(address_of(mug)).status_code == 410


def test_redirect_chains_are_collapsed(client, mug, vase):
    bowl = make_product("Bowl", price="10.00")
    retire(mug, vase)
    retire(vase, bowl)

    assert only_hop(client, address_of(mug)) == address_of(bowl)
    assert only_hop(client, address_of(vase)) == address_of(bowl)
    assert Retirement.objects.get(product=mug).replacement == bowl


def test_two_products_cannot_replace_each_other(client, mug, vase):
    retire(mug, vase)
    mug.is_public = True
    mug.save()
    retire(vase, mug)

    assert client.get(address_of(mug)).status_code == 200
    assert only_hop(client, address_of(vase)) == address_of(mug)
    assert not Retirement.objects.filter(product=mug).exists()


def test_product_back_on_sale_is_shown_again(client, mug, vase):
    retire(mug, vase)
    mug.refresh_from_db()
    mug.is_public = True
    mug.save()

    assert client.get(address_of(mug)).status_code == 200


@pytest.mark.parametrize("wrong", ["itself", "hidden", "variant"])
def test_replacement_must_be_another_product_on_sale(mug, vase, wrong):
    hidden = make_product("Hidden", price="1.00")
    hidden.is_public = False
    hidden.save()
    chosen = {"itself": vase, "hidden": hidden, "variant": mug.children.first()}[wrong]

    with pytest.raises(ValidationError) as error:
        Retirement(product=vase, replacement=chosen).full_clean()

    assert list(error.value.message_dict) == ["replacement"]


def test_variant_cannot_be_retired_alone(mug):
    with pytest.raises(ValidationError) as error:
        Retirement(product=mug.children.first()).full_clean()

    assert list(error.value.message_dict) == ["product"]


@pytest.mark.parametrize("query", ["variant=%00", "variant=" + "9" * 40, "=&&=", "a=%ff"])
def test_unusual_queries_are_kept_without_an_error(client, mug, vase, query):
    retire(mug, vase)

    assert client.get(f"{address_of(mug)}?{query}").status_code == 301
    assert client.get(f"{product_url(vase.pk, 'x')}?{query}").status_code == 301


def test_key_out_of_range_is_a_404(client, shop):
    path = reverse("catalogue:detail", kwargs={"product_slug": "x", "pk": 7})

    assert client.get(path.replace("_7", f"_{'9' * 30}")).status_code == 404
