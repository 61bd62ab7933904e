"""How well the search orders its results: judged queries of the demo and of a real gift shop."""

import csv
import tomllib
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from oscar.core.loading import get_model

from commerce.catalogue.search_judging import judge, mean_ndcg, ndcg, read_queries
from commerce.index.refresh import rebuild_listings
from commerce.models import SearchSynonym
from commerce.slugs import slug_from
from tests.factories import make_product

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent.parent / "data"
RETAIL_QUERIES = DATA / "retail_queries.toml"
DEMO_QUERIES = Path("demo/data/queries.toml")


@pytest.fixture
def retail(site_root):
    """900 products of a gift retailer, with units sold and the synonyms of its shop."""
    Product, StockRecord = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Gift", track_stock=False)
    partner = get_model("partner", "Partner").objects.create(name="Wholesale")
    with (DATA / "retail_products.csv").open(encoding="utf-8", newline="") as file:
        rows = {slug_from(row["sku"]): row for row in csv.DictReader(file)}
    Product.objects.bulk_create(
        Product(title=row["title"], slug=sku, product_class=kind) for sku, row in rows.items()
    )
    products = {product.slug: product.pk for product in Product.objects.all()}
    StockRecord.objects.bulk_create(
        StockRecord(
            product_id=products[sku], partner=partner, partner_sku=row["sku"],
            price_currency="GBP", price=Decimal(row["price"]),
        )
        for sku, row in rows.items()
    )  # fmt: skip
    get_model("analytics", "ProductRecord").objects.bulk_create(
        get_model("analytics", "ProductRecord")(
            product_id=products[sku], num_purchases=int(row["sold"])
        )
        for sku, row in rows.items()
    )
    words = tomllib.loads(RETAIL_QUERIES.read_text())["synonyms"]
    SearchSynonym.objects.bulk_create(SearchSynonym(words=row) for row in words)
    rebuild_listings()


def below(judgements, least):
    return {found.query: round(found.ndcg, 2) for found in judgements if found.ndcg < least}


@pytest.mark.slow
def test_demo_queries_are_answered_well(site_root):
    call_command("load_demo", "--no-renditions", "-v0")
    queries = read_queries(DEMO_QUERIES)

    judgements = judge(queries)

    assert len(queries) >= 40
    assert mean_ndcg(judgements) >= 0.95, below(judgements, 0.9)


def test_retail_queries_are_answered_well(retail):
    queries = read_queries(RETAIL_QUERIES)

    judgements = judge(queries)

    assert len(queries) >= 30
    assert mean_ndcg(judgements) >= 0.95, below(judgements, 0.9)


def test_gain_of_grades_in_the_order_shown():
    assert ndcg([3, 2, 1], [1, 2, 3]) == 1
    assert ndcg([0, 3], [3]) == pytest.approx(0.631, abs=0.001)
    assert ndcg([], [3]) == 0
    # Only ten results count.
    assert ndcg([0] * 10 + [3], [3]) == 0


def test_command_prints_each_query_and_the_mean(shop, tmp_path):
    make_product("Tea towel", price="9.00")
    make_product("Towel rail", price="9.00")
    path = tmp_path / "queries.toml"
    path.write_text('queries = [{ query = "tea towel", results = [["Tea towel", 3]] }]')
    printed = StringIO()

    call_command("judge_search", path, stdout=printed)

    assert printed.getvalue().splitlines() == ["1.000  tea towel", "1.000  mean of 1 queries"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no"),
        ('queries = [{ query = "x", results = [["Gone", 3]] }]', "Gone"),
        ("queries = [", "Invalid|Cannot|Expected|Unclosed"),
    ],
)
def test_command_says_what_is_wrong_with_a_file(db, tmp_path, text, message):
    path = tmp_path / "queries.toml"
    path.write_text(text)

    with pytest.raises(CommandError, match=message):
        call_command("judge_search", path)


def test_command_says_that_a_file_is_missing(db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("judge_search", tmp_path / "none.toml")
