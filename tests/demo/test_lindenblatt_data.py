"""The data of the demo shop Lindenblatt is complete and consistent."""

import inspect
import re
import tomllib
from decimal import Decimal
from itertools import pairwise

import pytest
from PIL import Image

from demo.body_builder import BodyBuilder
from demo.lindenblatt import goods

CODES = {product["code"] for product in goods.products()}
FILES = sorted(goods.DATA.glob("*.toml"))
VARIANTS = [variant for product in goods.products() for variant in goods.variants(product)]
#: Words of the other demo shop's trade.
POTTERY = re.compile(
    r"keramik|steinzeug|töpfer|glasur|glasiert|brennofen|\bvasen?\b|ceramic|potter|glaze|stoneware|\bkiln|\bmugs?\b|saltmarsh",
    re.IGNORECASE,
)
#: Companies and products of others. The parcel service is named because shoppers must know it.
BRANDS = re.compile(
    r"amazon|kindle|tolino|kobo|ikea|moleskine|leuchtturm|munken|hahnem|canson|epson|pantone|google|"
    r"instagram|facebook|pinterest|paypal|klarna|stripe|adobe|reclam|suhrkamp|insel verlag|https?://",
    re.IGNORECASE,
)
EXPECTED_SIZES = {"tall": (1440, 1800), "scene": (2880, 1620), "product": (1600, 1600)}
PAIRS = [
    ("ink", "paper", 4.5), ("ink", "raised", 4.5), ("ink", "tile", 4.5),
    ("soft", "paper", 4.5), ("soft", "raised", 4.5), ("soft", "tile", 4.5),
    ("accent", "paper", 4.5), ("accent", "raised", 4.5), ("accent", "accent_wash", 4.5),
    ("accent_deep", "paper", 4.5), ("on_accent", "accent", 4.5), ("on_accent", "accent_deep", 4.5),
    ("warm", "paper", 4.5), ("warm", "raised", 4.5), ("warm", "warm_wash", 4.5),
    ("good", "paper", 4.5), ("caution", "paper", 4.5), ("edge", "paper", 3.0), ("edge", "raised", 3.0),
]  # fmt: skip


def _strings(value):
    """All strings in a structure, depth first."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _categories():
    data = goods.read("categories")
    codes = [data["code"]]
    for department in data["departments"]:
        codes += [department["code"], *(shelf["code"] for shelf in department["shelves"])]
    return codes


def _blocks():
    pages = goods.read("pages")
    for owner in (*pages["pages"], *pages["product_stories"]):
        yield from owner.get("body", ())


def _page_pictures():
    for block in _blocks():
        yield from (block[key] for key in ("photo", "image") if key in block)
        yield from (row[0] for row in (*block.get("tiles", ()), *block.get("images", ())))
    pages = goods.read("pages")
    yield from (page["lead_image"] for page in pages["pages"] if "lead_image" in page)
    yield from (banner["image"] for banner in pages["banners"])


def test_codes_skus_and_titles_are_unique():
    titles = [product["title"] for product in goods.products()]
    skus = [variant.sku for variant in VARIANTS]

    assert len(CODES) == len(goods.products())
    assert len(set(titles)) == len(titles)
    assert len(set(skus)) == len(skus)


@pytest.mark.parametrize("product", goods.products(), ids=lambda product: product["code"])
def test_product_is_complete(product):
    kind = goods.read("products")["types"][product["type"]]
    options = goods.read("products")["options"]
    allowed = [{code for code, _name in options[name]["values"]} for name in kind["options"]]
    own = {a["code"] for a in kind["attributes"] if not a.get("of_variant")}
    of_variant = {a["code"] for a in kind["attributes"] if a.get("of_variant")}

    variants = goods.variants(product)

    assert product["category"] in _categories()
    assert product["summary"]
    assert len(product["description"].split()) >= 25
    assert set(product["attributes"]) == own
    assert variants
    for variant in variants:
        assert len(variant.options) == len(allowed)
        assert all(value in values for value, values in zip(variant.options, allowed, strict=True))
        # An e-book has no paper.
        assert set(variant.attributes) == of_variant - (set() if variant.is_shipped else {"papier"})
        assert variant.price > 0
        assert variant.price == variant.price.quantize(Decimal("0.01"))
        assert (variant.weight > 0) == variant.is_shipped


def test_options_have_values_a_control_and_colours_for_swatches():
    for option in goods.read("products")["options"].values():
        codes = [code for code, _name in option["values"]]

        assert len(set(codes)) == len(codes)
        assert option["control"] in {"buttons", "swatches"}
        assert option["meaning"] in {"", "color", "size", "material", "pattern"}
        if option["control"] == "swatches":
            assert set(option["swatches"]) == set(codes)


def test_some_variants_are_missing_sold_out_or_to_come():
    missing = [p for p in goods.products() if p.get("missing")]
    sold_out = [variant for variant in VARIANTS if not variant.stock]
    to_come = [p["code"] for p in goods.products() if "available_from" in p]

    assert len(missing) >= 3
    assert len(sold_out) >= 5
    assert to_come == ["kartenzeichnerin"]


def test_an_unknown_variant_in_sold_out_is_an_error():
    product = {**goods.products()[0], "sold_out": ["a5/gold"]}

    with pytest.raises(KeyError):
        goods.variants(product)


def test_every_picture_exists_and_no_other():
    wanted = goods.pictures() | set(_page_pictures())
    found = {path.stem for path in goods.PHOTOS.glob("*.jpg")}

    assert wanted - found == set()
    # Details are shown on category tiles and product pages, or will be.
    assert {name for name in found - wanted if not name.endswith(("-detail", "-raum"))} == set()


def test_pictures_have_their_sizes_and_stay_below_25_megabytes():
    total = 0
    for path in goods.PHOTOS.glob("*.jpg"):
        kind = "product" if not path.stem.startswith("scene-") else "scene"
        kind = "tall" if path.stem.endswith("-tall") else kind
        with Image.open(path) as image:
            assert image.size == EXPECTED_SIZES[kind], path.name
        total += path.stat().st_size

    assert total <= 25_000_000


def test_every_picture_has_an_alternative_text():
    for path in goods.PHOTOS.glob("*.jpg"):
        text = goods.picture_text(path.stem)

        assert len(text) > 10
        assert "{" not in text


def test_isbns_are_valid_and_unique():
    isbns = [v.attributes["isbn"] for v in VARIANTS if "isbn" in v.attributes]

    for isbn in isbns:
        digits = [int(digit) for digit in isbn if digit.isdigit()]
        assert isbn.startswith("978-3-00-")
        assert len(digits) == 13
        assert sum(d * (1, 3)[place % 2] for place, d in enumerate(digits)) % 10 == 0
    assert len(set(isbns)) == len(isbns)


def test_sale_prices_are_lower_and_leave_fixed_prices_alone():
    by_key = {variant.key: variant for variant in VARIANTS}
    fixed = {product["code"] for product in goods.products() if product.get("fixed_price")}
    books = {product["code"] for product in goods.products() if product["type"] == "buch"}

    for key, price in goods.read("shop")["sale"]["prices"].items():
        assert Decimal(price) < by_key[key].price
        assert by_key[key].product not in fixed
    assert fixed == books


def test_offer_and_voucher_name_categories_without_books():
    shop = goods.read("shop")
    books = ("buecher", "literatur", "sachbuch", "laden")

    for code in (*shop["offer"]["categories"], *shop["voucher"]["categories"]):
        assert code in _categories()
        assert code not in books


def test_every_country_receives_the_heaviest_article():
    shop = goods.read("shop")
    heaviest = max(variant.weight for variant in VARIANTS)

    for country in shop["countries"]:
        limits = [
            method["rates"][-1][0]
            for method in shop["delivery"]
            if country in method["countries"] and not method.get("is_pickup")
        ]
        assert max(limits) >= heaviest
    for method in shop["delivery"]:
        weights = [weight for weight, _price in method["rates"]]
        assert weights == sorted(weights)
        assert set(method["countries"]) <= set(shop["countries"])


def test_customers_live_in_countries_that_receive_parcels():
    for customer in goods.read("customers").values():
        street, city, postcode, country = customer["address"]

        assert street
        assert city
        assert postcode
        assert country in goods.read("shop")["countries"]


def test_reviews_name_products_and_customers():
    reviews = goods.read("reviews")

    assert set(reviews) <= CODES
    for rows in reviews.values():
        keys = [key for key, _score, _title, _text in rows]
        assert set(keys) <= set(goods.read("customers"))
        assert len(set(keys)) == len(keys)
        assert all(1 <= score <= 5 for _key, score, _title, _text in rows)
    assert sum(len(rows) for rows in reviews.values()) >= 40


def test_products_refer_to_products():
    for product in goods.products():
        recommended = product["recommended"]

        assert set(recommended) <= CODES - {product["code"]}
        assert len(set(recommended)) == len(recommended)


def test_queries_name_products_best_first():
    queries = goods.read("queries")["queries"]

    assert len(queries) == 40
    assert len({query["query"] for query in queries}) == 40
    for query in queries:
        grades = [grade for _code, grade in query["results"]]
        assert {code for code, _grade in query["results"]} <= CODES
        assert set(grades) <= {1, 2, 3}
        assert all(first >= second for first, second in pairwise(grades))


def test_promoted_results_are_products():
    for codes in goods.read("vocabulary")["promoted"].values():
        assert set(codes) <= CODES


def test_links_and_products_of_pages_exist():
    pages = goods.read("pages")
    known = {
        "page": {page["slug"] for page in pages["pages"]},
        "category": set(_categories()),
        "product": CODES,
        "collection": {row["slug"] for row in pages["collections"]},
    }
    text = "\n".join(_strings(pages))

    for kind, name in re.findall(r"\b(page|category|product|collection):([\w-]+)", text):
        assert name in known[kind], f"{kind}:{name}"
    for block in _blocks():
        codes = [*block.get("codes", ()), *block.get("products", ())]
        codes += [block["code"]] if "code" in block else []
        assert set(codes) <= CODES
    assert {row["product"] for row in pages["product_stories"]} <= CODES
    assert {page["parent"] for page in pages["pages"] if "parent" in page} <= known["page"]


def test_blocks_are_calls_of_the_body_builder():
    for block in _blocks():
        method = getattr(BodyBuilder, block["block"])
        rows = {"tiles", "images"} & set(block)
        words = set(block) - {"block"} - rows
        keywords = (
            {"text", "eyebrow", "link", "layout"} if block["block"] == "feature_end" else set()
        )

        assert words <= set(inspect.signature(method).parameters) | keywords, block
        assert bool(rows) == (block["block"] in {"tiles", "gallery"})


def test_stories_have_400_to_600_words():
    stories = [page for page in goods.read("pages")["pages"] if page["kind"] == "story"]

    assert len(stories) == 5
    for story in stories:
        html = " ".join(block.get("html", "") for block in story["body"])
        words = re.sub(r"<[^>]+>", " ", f"{story['standfirst']} {html}").split()
        assert 400 <= len(words) <= 600, story["slug"]
        assert "<h2>" in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_have_contrast(scheme, front, back, least):
    colours = goods.read("settings")["colours"][scheme]

    assert _contrast(colours[front], colours[back]) >= least


def _contrast(first, second):
    """The contrast ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(c * share for c, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_the_invented_tax_number_and_account_are_well_formed():
    settings = goods.read("settings")
    account = settings["TRANSFER_ACCOUNT"].replace(" ", "")
    digits = settings["SELLER_VAT_NUMBER"].removeprefix("DE")

    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11

    assert (11 - product) % 10 == int(digits[-1])
    assert int(f"{account[4:]}1314{account[2:4]}") % 97 == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_name_no_pottery_and_no_other_company(path):
    text = path.read_text(encoding="utf-8")

    assert POTTERY.findall(text) == []
    assert BRANDS.findall(text) == []
    for address in re.findall(r"[\w.]+@[\w.]+\w", text):
        assert address.endswith(".example")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_are_set_as_german_is(path):
    with path.open("rb") as file:
        strings = list(_strings(tomllib.load(file)))

    for text in strings:
        plain = re.sub(r"<[^>]+>", "", text)
        assert plain.count("„") == plain.count("“"), plain
        assert not re.search(r"[»«\"]|\s-\s|\.\.\.", plain), plain
        assert not re.search(r"\d (?:%|€|cm|kg|g/m²)", plain), plain
        assert not re.search(r"\b(?:du|dein|deine|euch|euer)\b", plain), plain
