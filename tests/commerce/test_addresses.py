"""Addresses and telephone numbers by the rules of their country."""

import pytest
from babel import Locale
from django.core.exceptions import ValidationError
from django.urls import reverse
from oscar.core.loading import get_model
from phonenumbers import PhoneNumberFormat, format_number

from commerce.addresses.countries import rules_for
from commerce.addresses.lines import address_lines
from commerce.addresses.phones import parse_phone, phone_text
from commerce.addresses.postcodes import PostcodeRefused, clean_postcode, postcode_example
from commerce.models import User
from commerce.storefront.account_forms import AddressForm
from tests.cases import rows_of
from tests.factories import make_user

CASES = rows_of("addresses.csv")
#: What each postcode looks like once it is accepted, where that differs from what was typed.
WRITTEN = {"nr231ah": "NR23 1AH", "DK-2100": "2100", "3511NH": "3511 NH"}
Country = get_model("address", "Country")
UserAddress = get_model("address", "UserAddress")
#: The towns and regions that complete the addresses of the cases.
PLACES = {"US": {"state": "CA"}, "HK": {"state": "Kowloon"}}


@pytest.fixture
def world(shop):
    """The countries of the cases, all delivered to."""
    names = {
        "IE": "Ireland", "JE": "Jersey", "DK": "Denmark", "NL": "Netherlands", "HK": "Hong Kong",
        "US": "United States", "PT": "Portugal", "SG": "Singapore", "JP": "Japan",
    }  # fmt: skip
    for code, name in names.items():
        Country.objects.get_or_create(
            pk=code, defaults={"printable_name": name, "name": name, "is_shipping_country": True}
        )
    shop.countries.set(Country.objects.all())
    return shop


def form_for(country, **fields):
    """The form of the address book, filled in."""
    data = {
        "first_name": "Ada", "last_name": "Marsh", "line1": "12 Quay Street", "line4": "Wells",
        "country": country, **PLACES.get(country, {}), **fields,
    }  # fmt: skip
    known = User.objects.filter(email="ada@example.com").first()
    return AddressForm(known or make_user("ada@example.com"), data)


# --- The cases ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['country']} {row['postcode']}")
def test_address_of_the_world(world, row):
    postcode = row["postcode"]
    form = form_for(row["country"], postcode=postcode, phone_number=row["phone"])

    is_refused_by_default = row["country"] == "IE" and not postcode
    if row["accepted"] == "yes" and not is_refused_by_default:
        assert form.is_valid(), form.errors
        address = form.save()
        address.refresh_from_db()
        assert address.postcode == WRITTEN.get(postcode, postcode)
        number = parse_phone(row["phone"], row["country"])
        assert str(address.phone_number) == format_number(number, PhoneNumberFormat.E164)
    else:
        assert list(form.errors) == ["postcode"]


def test_eircode_may_be_missing_if_the_setting_says_so(world, settings):
    settings.OPTIONAL_POSTCODES = ["IE"]

    assert form_for("IE", postcode="").is_valid()


def test_state_is_needed_in_the_united_states(world):
    form = form_for("US", postcode="94103-1234", state="")

    assert form.errors == {"state": ["Choose the state."]}
    assert form_for("US", postcode="94103-1234", state="California").is_valid()
    assert "state" in form_for("US", postcode="94103", state="Bavaria").errors


# --- Postcodes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("GB", "ec1a1hq", "EC1A 1HQ"),
        ("GB", "M2-5BQ", "M2 5BQ"),
        ("GB", "bfpo 1", "BFPO 1"),
        ("GB", "BFPO1234", "BFPO 1234"),
        ("GB", "gir0aa", "GIR 0AA"),
        ("DE", "D-10119", "10119"),
        ("DE", "DE 10119", "10119"),
        ("DK", "DK 2100", "2100"),
        ("CH", "CH-8001", "8001"),
        ("LV", "1073", "LV-1073"),
        ("AD", "500", "AD500"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("US", "941031234", "94103-1234"),
        ("PT", "1100148", "1100-148"),
        ("IE", "d02x285", "D02 X285"),
        ("JP", "１５４-００２３", "154-0023"),
        ("FR", "75 011", "75011"),
        ("HK", "999077", ""),
        ("XX", "anything", "ANYTHING"),
    ],
)
def test_postcode_is_written_as_its_country_does(country, typed, written):
    assert clean_postcode(country, typed) == written


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("GB", "12345"),
        ("DE", "1011"),
        ("IE", "000"),
        ("NL", "3511"),
        ("DE", "FR-10119"),
        ("US", "9"),
    ],
)
def test_refusal_shows_a_postcode_of_that_country(country, typed):
    with pytest.raises(PostcodeRefused) as refused:
        clean_postcode(country, typed)

    assert postcode_example(country) in refused.value.message
    assert refused.value.belongs_to == ""


@pytest.mark.parametrize(
    ("postcode", "code", "name"),
    [("JE2 3AB", "JE", "Jersey"), ("gy11aa", "GG", "Guernsey"), ("IM1 1AA", "IM", "Isle of Man")],
)
def test_postcode_of_a_neighbour_names_it(postcode, code, name):
    with pytest.raises(PostcodeRefused) as refused:
        clean_postcode("GB", postcode)

    assert refused.value.belongs_to == code
    assert f"is in {name}" in refused.value.message


@pytest.mark.parametrize("country", sorted(Locale("en", "GB").territories))
def test_examples_of_every_country_are_accepted_as_they_are(country):
    rules = rules_for(country)

    assert {example: clean_postcode(country, example) for example in rules.examples} == {
        example: example if "postcode" in rules.fields else "" for example in rules.examples
    }
    assert rules.required <= set(rules.fields)


def test_missing_postcode_is_asked_for_by_its_own_name(world):
    assert form_for("IE", postcode="").errors["postcode"] == [
        "Enter the Eircode, such as A65 F4E2."
    ]
    assert "Enter the postcode, such as" in form_for("GB", postcode="").errors["postcode"][0]
    assert "Enter the ZIP code, such as" in form_for("US", postcode="").errors["postcode"][0]


@pytest.mark.parametrize(
    "model",
    [
        "address.UserAddress",
        "order.ShippingAddress",
        "order.BillingAddress",
        "partner.PartnerAddress",
    ],
)
def test_models_check_the_postcode_too(world, model):
    address = get_model(*model.split("."))(line1="1", country_id="GB", postcode="bfpo1")
    address.clean()
    assert address.postcode == "BFPO 1"

    address.postcode = "12345"
    with pytest.raises(ValidationError) as refused:
        address.clean()
    assert list(refused.value.message_dict) == ["postcode"]


# --- Telephone numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["0044 20 7946 0958", "+44 20 7946 0958", "(020) 7946-0958"])
def test_number_is_stored_in_one_way(typed):
    assert str(parse_phone(typed, "GB")) == "+442079460958"


def test_double_zero_is_understood_where_people_dial_another_prefix():
    assert str(parse_phone("0044 20 7946 0958", "US")) == "+442079460958"


@pytest.mark.parametrize("typed", ["call me", "123", "0" * 20])
def test_refused_number_shows_one_of_that_country(typed):
    with pytest.raises(ValidationError) as refused:
        parse_phone(typed, "IE")

    assert "Ireland, such as (022) 12345" in refused.value.message


def test_number_is_shown_nationally_only_in_its_country():
    assert phone_text("+442079460958", "GB") == "020 7946 0958"
    assert phone_text("+442079460958", "DE") == "+44 20 7946 0958"
    assert phone_text("", "DE") == ""


# --- The form -------------------------------------------------------------------------------------


def test_labels_and_order_are_those_of_the_country(world):
    form = form_for("US")
    shown = [field.label for field in form.place_fields if not field.is_hidden]
    assert shown == ["Town or city", "State", "ZIP code"]

    form = form_for("NL")
    shown = [field.label for field in form.place_fields if not field.is_hidden]
    assert shown == ["Postcode", "Town or city"]

    form = form_for("HK")
    shown = [
        (field.label, field.field.required) for field in form.place_fields if not field.is_hidden
    ]
    assert shown == [("District", False), ("Area", True)]


def test_regions_are_choices_where_the_country_has_a_list(world):
    assert ("CA", "California") in form_for("US").fields["state"].widget.choices
    assert ("Hokkaido", "Hokkaido") in form_for("JP").fields["state"].widget.choices


def test_field_that_the_country_does_not_use_is_hidden_and_not_stored(world):
    form = form_for("GB", postcode="NR23 1AH", state="Norfolk")

    assert form["state"].is_hidden
    assert 'value="Norfolk"' in str(form["state"])
    assert form.is_valid()
    assert form.save().state == ""


def test_postcode_of_jersey_offers_jersey(world):
    form = form_for("GB", postcode="JE2 3AB")

    assert not form.is_valid()
    assert form.offered_country == "JE"
    Country.objects.filter(pk="JE").update(is_shipping_country=False)
    form = AddressForm(form.instance.user, form.data)
    assert form.errors == {"postcode": ["JE2 3AB is in Jersey, which can’t be chosen here."]}
    assert form.offered_country == ""


# --- Lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "fields", "lines"),
    [
        ("GB", {}, ["Ada Marsh", "Studio", "12 Quay Street", "Flat 2", "Wells", "NR23 1AH"]),
        ("DE", {}, ["Ada Marsh", "Studio", "12 Quay Street", "Flat 2", "NR23 1AH Wells"]),
        ("NL", {}, ["Studio", "Ada Marsh", "12 Quay Street", "Flat 2", "NR23 1AH Wells"]),
        ("US", {"state": "CA"}, ["Ada Marsh", "Studio", "12 Quay Street", "Flat 2", "Wells, CA NR23 1AH"]),
        ("US", {}, ["Ada Marsh", "Studio", "12 Quay Street", "Flat 2", "Wells NR23 1AH"]),
        ("CH", {}, ["Studio", "Ada Marsh", "12 Quay Street", "Flat 2", "CH-NR23 1AH Wells"]),
        ("CH", {"postcode": ""}, ["Studio", "Ada Marsh", "12 Quay Street", "Flat 2", "Wells"]),
        # What the country does not use is not lost.
        ("GB", {"state": "Norfolk"}, ["Ada Marsh", "Studio", "12 Quay Street", "Flat 2", "Wells", "NR23 1AH", "Norfolk"]),
        ("JP", {"first_name": "恵", "line2": "", "line3": "", "last_name": "", "line4": "", "state": "東京都", "line1": "渋谷区", "postcode": "154-0023"},
         ["〒154-0023", "東京都", "渋谷区", "恵"]),
        ("KR", {"first_name": "민준", "last_name": "김", "line1": "세종대로 1", "line2": "", "line3": "", "line4": "중구", "state": "서울", "postcode": "03051"},
         ["서울 중구", "세종대로 1", "김 민준", "03051"]),
        ("JP", {"line2": "", "line3": "", "line4": "", "state": "Tokyo", "postcode": "154-0023"},
         ["Ada Marsh", "12 Quay Street, Tokyo", "154-0023"]),
    ],
)  # fmt: skip
def test_lines_are_in_the_order_of_the_country(db, country, fields, lines):
    values = {
        "first_name": "Ada", "last_name": "Marsh", "line1": "12 Quay Street", "line2": "Flat 2",
        "line3": "Studio", "line4": "Wells", "postcode": "NR23 1AH", **fields,
    }  # fmt: skip

    address = UserAddress(**values, country=Country(pk=country, printable_name="Country"))

    assert address.active_address_fields() == [*lines, "Country"]


def test_lines_without_the_name():
    address = UserAddress(first_name="Ada", line1="1", line3="Studio", country=Country(pk="NL"))

    assert address.lines_of_place == ["Studio", "1"]


def test_country_without_rules_has_lines_too():
    address = UserAddress(line1="1", line4="Town", postcode="1", country=Country(pk="XX"))

    assert address_lines(address) == ["1", "Town", "1"]
    assert rules_for("XX").required == {"line4"}


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def account(world, site_root, client):
    client.force_login(make_user("customer@example.com"))
    return client


def test_address_book_shows_the_fields_of_another_country_and_keeps_what_was_typed(account):
    data = {"country": "US", "first_name": "Ada", "line4": "Wells", "postcode": "x", "update": "1"}

    response = account.post(reverse("customer:address-create"), data)

    form = response.context["form"]
    assert response.status_code == 200
    assert not form.errors
    assert form["postcode"].label == "ZIP code"
    assert [form[name].value() for name in ("country", "first_name", "line4", "postcode")] == [
        "US", "Ada", "Wells", "x",
    ]  # fmt: skip
    assert not UserAddress.objects.exists()


def test_address_book_changes_to_the_offered_country(account):
    data = {
        "country": "GB", "first_name": "Ada", "last_name": "Marsh", "line1": "1 Quay", "line4": "Gorey",
        "postcode": "JE2 3AB",
    }  # fmt: skip
    url = reverse("customer:address-create")

    page = account.post(url, data)
    assert 'name="use_country" value="JE"' in page.text

    page = account.post(url, {**data, "use_country": "JE"})
    assert page.context["form"]["country"].value() == "JE"
    assert account.post(url, {**data, "country": "JE"}).status_code == 302
    assert UserAddress.objects.get().country_id == "JE"


def test_saved_number_is_shown_as_its_country_writes_it(account):
    user = User.objects.get(email="customer@example.com")
    address = user.addresses.create(
        line1="1", line4="Wells", postcode="NR23 1AH", country_id="GB", phone_number="+442079460958"
    )

    page = account.get(reverse("customer:address-detail", args=[address.pk]))

    assert page.context["form"]["phone_number"].value() == "020 7946 0958"


def test_form_starts_with_the_shops_own_country(account):
    form = account.get(reverse("customer:address-create")).context["form"]

    assert form["country"].value() == "GB"
    assert form["state"].is_hidden
