"""Personal texts and choices on a line: from the page to the packing slip."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.basket import checks
from commerce.basket.checks import notices_for
from commerce.basket.lines import lines_of
from commerce.catalogue.product_detail import buy_boxes_for
from commerce.documents.issuing import packing_facts
from commerce.models import OptionPrice
from commerce.models.personal_options import MOST_CHARACTERS
from commerce.orders.order_summary import order_rows
from tests.crawler import Crawled
from tests.factories import make_paid_order, make_product, make_user

pytestmark = pytest.mark.django_db
Option = get_model("catalogue", "Option")


@pytest.fixture
def notebook(shop):
    """A notebook at £22.00 whose cover can be embossed for £6.00, and a free gift message."""
    product = make_product("Notebook", price="22.00", stock=50)
    embossing = Option.objects.create(name="Embossing", code="embossing", type="text", order=1)
    OptionPrice.objects.create(option=embossing, price=Decimal("6.00"), max_length=20)
    message = Option.objects.create(name="Message", code="message", type="text", order=2)
    product.product_options.set([embossing, message])
    return product


@pytest.mark.parametrize("of", ["product", "type"])
def test_more_products_with_options_need_no_more_queries(
    notebook, of, django_assert_max_num_queries
):
    options = list(notebook.product_options.all())
    others = [make_product(f"Book {n}", price="9.00") for n in range(8)]
    if of == "type":
        others[0].product_class.options.set(options)
    else:
        for book in others:
            book.product_options.set(options)
    with CaptureQueriesContext(connection) as one:
        buy_boxes_for([notebook.pk])

    with django_assert_max_num_queries(len(one)):
        boxes = buy_boxes_for([book.pk for book in others])

    assert {len(box.personal) for box in boxes.values()} == {2}


def add(client, product, **fields):
    return client.post(
        reverse("basket:add", args=[product.pk]), {"quantity": 1, **fields}, follow=True
    )


def lines_in(client):
    lines = client.get("/basket/").context["basket"].all_lines()
    return [(line.quantity, line.line_price_incl_tax) for line in lines]


def test_page_asks_for_the_text_and_says_its_price(client, notebook):
    page = Crawled(client.get(notebook.get_absolute_url()))

    field = page.soup.select_one('.buy-box--page input[name="embossing"]')
    assert (field.get("type", "text"), field["maxlength"]) == ("text", "20")
    assert "optional, plus £6" in " ".join(page.text(".personal").split())
    assert page.soup.select_one('.buy-box--page input[name="message"]')["maxlength"] == "200"


def test_text_is_charged_shown_and_kept_apart(client, notebook):
    add(client, notebook, embossing="Clara")
    add(client, notebook, embossing="Clara")
    add(client, notebook, embossing="Tom", message="Happy birthday")
    add(client, notebook, message="Happy birthday")
    add(client, notebook)

    assert lines_in(client) == [
        (2, Decimal("56.00")), (1, Decimal("28.00")), (1, Decimal("22.00")), (1, Decimal("22.00")),
    ]  # fmt: skip
    text = Crawled(client.get("/basket/")).text("main")
    assert "Embossing: “Clara”" in text
    assert "£28 each" in text
    assert "Message: “Happy birthday”" in text


def test_price_of_an_option_is_no_change_of_the_price(client, notebook):
    add(client, notebook, embossing="Clara")
    basket = client.get("/basket/").context["basket"]
    assert notices_for(basket) == []

    OptionPrice.objects.update(price=Decimal("7.00"))

    (notice,) = notices_for(client.get("/basket/").context["basket"])
    assert notice.text == "now costs £29 instead of £28 since you added it."


UNREADABLE = "“Embossing” contains characters that cannot be read. Type the text again."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 21, "“Embossing” can have at most 20 characters."),
        ("a\x00b", UNREADABLE), ("a\x0bb", UNREADABLE), ("a\x1fb", UNREADABLE),
    ],
)  # fmt: skip
def test_wrong_text_is_refused_by_name(client, notebook, text, sentence):
    response = add(client, notebook, embossing=text)

    assert lines_in(client) == []
    assert sentence in response.content.decode()


def test_refusal_names_its_fields_for_scripts(client, notebook):
    """A browser marks them and shows the sentence beside the form."""
    response = client.post(
        f"/basket/add/{notebook.pk}/",
        {"quantity": "1", "embossing": "x" * 21},
        headers={"x-requested-with": "XMLHttpRequest"},
    )

    assert response.status_code == 422
    assert response["X-Invalid-Fields"] == "embossing"


def test_what_was_typed_is_shown_again_without_scripts(client, notebook):
    response = client.post(
        f"/basket/add/{notebook.pk}/",
        {"quantity": "3", "embossing": "Clara & <i>Robert</i> in May", "next": "/about/"},
    )

    page = Crawled(response, status=422)
    (field,) = page.soup.select("input[name=embossing]")
    assert field["value"] == "Clara & <i>Robert</i> in May"
    assert field["aria-invalid"] == "true"
    error = page.text(f"#{field['aria-describedby']}")
    assert error == "“Embossing” can have at most 20 characters."
    assert page.soup.select_one("input[name=quantity]")["value"] == "3"
    assert page.soup.select_one(".buy-box input[name=next]")["value"] == "/about/"
    assert error in page.text(".message--error")
    assert lines_in(client) == []


def test_all_kinds_of_answers_are_shown_again(client, notebook):
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Colours")
    for colour in ("Red", "Green", "Blue"):
        group.options.create(option=colour)
    kinds = {"select": group, "multi_select": group, "boolean": None, "date": None, "text": None}
    for place, (kind, values) in enumerate(kinds.items(), 5):
        option = Option.objects.create(
            name=kind, code=f"a-{kind}", type=kind, option_group=values, order=place
        )
        notebook.product_options.add(option)
    OptionPrice.objects.create(option=option, meaning=OptionPrice.Meaning.MESSAGE)

    answers = {
        "quantity": "1", "embossing": "x" * 21, "a-select": "Green", "a-boolean": "on",
        "a-multi_select": ["Red", "Blue"], "a-date": "2027-02-30", "a-text": "One\nTwo",
    }  # fmt: skip
    page = Crawled(client.post(f"/basket/add/{notebook.pk}/", answers), status=422)

    assert page.texts("select[name=a-select] option[selected]") == ["Green"]
    several = page.soup.select("input[name=a-multi_select]")
    assert [box["value"] for box in several if box.has_attr("checked")] == ["Red", "Blue"]
    assert page.soup.select_one("input[name=a-boolean]").has_attr("checked")
    assert page.soup.select_one("input[name=a-date]")["value"] == "2027-02-30"
    assert page.soup.select_one("textarea[name=a-text]").text.strip() == "One\nTwo"


def test_required_choice_has_to_be_made(client, notebook):
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Ribbons")
    for colour in ("Red", "Green"):
        group.options.create(option=colour)
    ribbon = Option.objects.create(
        name="Ribbon", code="ribbon", type="select", option_group=group, required=True, order=3
    )
    notebook.product_options.add(ribbon)

    assert "Fill in “Ribbon”." in add(client, notebook).content.decode()
    refused = add(client, notebook, ribbon="Blue").content.decode()
    assert "Choose one of the values of “Ribbon”." in refused
    assert lines_in(client) == []
    add(client, notebook, ribbon="Red")
    assert "Ribbon: Red" in Crawled(client.get("/basket/")).text("main")


def test_several_choices_say_their_price(client, notebook):
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Extras")
    for extra in ("Sleeve", "Pencil"):
        group.options.create(option=extra)
    extras = Option.objects.create(
        name="Extras", code="extras", type="multi_select", option_group=group, order=3
    )
    OptionPrice.objects.create(option=extras, price=Decimal("4.00"))
    notebook.product_options.add(extras)

    legend = Crawled(client.get(notebook.get_absolute_url())).text(".personal__several legend")

    assert " ".join(legend.split()) == "Extras (optional, plus £4)"


def test_number_zero_is_a_choice(client, notebook):
    number = Option.objects.create(name="Number", code="number", type="integer", order=3)
    OptionPrice.objects.create(option=number, price=Decimal("2.00"))
    notebook.product_options.add(number)

    add(client, notebook, number="0")

    assert lines_in(client) == [(1, Decimal("24.00"))]
    assert "Number: 0" in Crawled(client.get("/basket/")).text("main")


def test_undo_restores_the_text(client, notebook):
    add(client, notebook, embossing="Clara")
    line = client.get("/basket/").context["basket"].all_lines().get()
    page = client.post(reverse("basket:summary"), {"remove": line.pk}, follow=True)
    undo = Crawled(page).soup.select_one('form[action*="undo"]')

    fields = {field["name"]: field.get("value", "") for field in undo.select("input[name]")}
    client.post(undo["action"], fields)

    assert lines_in(client) == [(1, Decimal("28.00"))]
    assert "Embossing: “Clara”" in Crawled(client.get("/basket/")).text("main")


def test_one_product_has_a_limited_number_of_texts(client, notebook, monkeypatch):
    monkeypatch.setattr(checks, "MOST_TEXTS", 2)
    for name in ("Ada", "Ben"):
        add(client, notebook, embossing=name)

    page = add(client, notebook, embossing="Clara").content.decode()

    assert "“Notebook” is in your basket with 2 different texts. Order these first." in page
    assert len(lines_in(client)) == 2


def test_saved_line_comes_back_with_its_text(client, notebook):
    client.force_login(make_user("ada@example.com"))
    add(client, notebook, embossing="Clara")
    line = client.get("/basket/").context["basket"].all_lines().get()
    client.post(reverse("basket:summary"), {"save": line.pk})
    saved = get_model("basket", "Line").objects.get(basket__status="Saved")

    client.post(reverse("basket:saved"), {"move": saved.pk})

    (line,) = lines_of(client.get("/basket/").context["basket"])
    assert [str(choice) for choice in line.choices] == ["Embossing: Clara"]
    assert line.price == Decimal("28.00")


def test_ordering_again_asks_for_the_text_again(client, notebook):
    buyer = make_user("ada@example.com")
    client.force_login(buyer)
    plain = make_product("Notepad", price="5.00")
    order = make_paid_order((notebook, 1), (plain, 1), user=buyer)
    get_model("order", "LineAttribute").objects.create(
        line=order.lines.get(product=notebook),
        option=Option.objects.get(code="embossing"),
        type="embossing",
        value="Clara",
    )

    page = client.post(
        reverse("customer:order", args=[order.number]), {"action": "reorder"}, follow=True
    ).content.decode()

    assert "“Notebook” is made to your wishes: please choose them again on its page." in page
    assert lines_in(client) == [(1, Decimal("5.00"))]


def test_order_and_packing_slip_name_the_text(notebook):
    buyer = make_user()
    order = make_paid_order((notebook, 1, {"embossing": "Clara"}), user=buyer)

    line = order.lines.get()
    assert line.title == "Notebook (Embossing: Clara)"
    assert line.line_price_incl_tax == Decimal("28.00")
    assert line.attributes.get().value == "Clara"
    (item,) = order_rows([order])[0].items
    assert (item.title, item.option, item.total) == (
        "Notebook", "Embossing: Clara", Decimal("28.00"),
    )  # fmt: skip
    assert packing_facts(order, [(line, 1)])["lines"][0]["title"] == line.title


def test_staff_set_price_and_length(client, notebook):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    option = Option.objects.get(code="embossing")
    url = reverse("dashboard:catalogue-option-update", args=[option.pk])
    fields = {
        "name": "Embossing",
        "type": "text",
        "price": "7.50",
        "max_length": "12",
        "order": "1",
    }

    assert client.post(url, fields).status_code == 302

    option.pricing.refresh_from_db()
    assert (option.pricing.price, option.pricing.max_length) == (Decimal("7.50"), 12)
    assert "plus £7.50" in Crawled(client.get(notebook.get_absolute_url())).text(".personal")


def test_length_of_a_text_has_a_limit(client, notebook):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    option = Option.objects.get(code="message")
    url = reverse("dashboard:catalogue-option-update", args=[option.pk])
    fields = {"name": "Message", "type": "text", "max_length": MOST_CHARACTERS + 1, "order": "2"}

    page = client.post(url, fields)
    assert "less than or equal to 1000" in page.text
    row = OptionPrice(option=option, max_length=MOST_CHARACTERS + 1)
    with pytest.raises(ValidationError, match="1 to 1000 characters"):
        row.full_clean()

    row.save()
    refused = add(client, notebook, message="x" * (MOST_CHARACTERS + 1))
    assert "“Message” can have at most 1000 characters." in refused.text
