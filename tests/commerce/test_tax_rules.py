"""Which country's VAT a supply bears: territories, treatments, rates by date, VAT numbers. No database."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.shop_values.tax_registrations import registrations_in
from commerce.shop_values.vat_numbers import checked_vat_number, country_of_vat_number
from commerce.shop_values.vat_rates import (
    STANDARD,
    shipped_percent,
    shipped_rates,
    standard_percent,
)
from commerce.shop_values.vat_territories import EU_STATES, territory_of
from commerce.tax import Relief, TaxRate, rate_in
from commerce.taxes.treatments import Destination, Seller, treatment_of

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("country", "postcode", "code", "state", "goods", "services"),
    [
        ("GB", "NR23 1AH", "GB", "GB", "GB", "GB"),
        ("GB", "bt1 5gs", "XI", "GB", "EU", "GB"),
        ("GB", "JE2 3QA", "JE", "JE", "JE", "JE"),
        ("GB", "GY1 1AA", "GG", "GG", "GG", "GG"),
        ("GB", "IM1 1AA", "IM", "GB", "GB", "GB"),
        ("JE", "JE2 3QA", "JE", "JE", "JE", "JE"),
        ("IM", "", "IM", "GB", "GB", "GB"),
        ("DE", "04109", "DE", "DE", "EU", "EU"),
        ("DE", "27498", "DE-OUT", "DE-OUT", "DE-OUT", "DE-OUT"),
        ("DE", "78266", "DE-OUT", "DE-OUT", "DE-OUT", "DE-OUT"),
        ("ES", "28001", "ES", "ES", "EU", "EU"),
        ("ES", "35001", "ES-OUT", "ES-OUT", "ES-OUT", "ES-OUT"),
        ("FI", "22100", "AX", "AX", "AX", "AX"),
        ("FR", "97100", "FR-OUT", "FR-OUT", "FR-OUT", "FR-OUT"),
        ("MC", "98000", "MC", "FR", "EU", "EU"),
        ("GR", "630 86", "GR-OUT", "GR-OUT", "GR-OUT", "GR-OUT"),
        ("FR", "98000", "MC", "FR", "EU", "EU"),
        ("IT", "23030", "IT", "IT", "EU", "EU"),
        ("IT", "23041", "IT-OUT", "IT-OUT", "IT-OUT", "IT-OUT"),
        ("PT", "9500-150", "PT-20", "PT", "EU", "EU"),
        ("PT", "9000-018", "PT-30", "PT", "EU", "EU"),
        ("PT", "1000-001", "PT", "PT", "EU", "EU"),
        ("AT", "6691", "AT-JM", "AT", "EU", "EU"),
        ("LI", "9490", "LI", "CH", "CH", "CH"),
        ("US", "10001", "US", "US", "US", "US"),
    ],
)
def test_territory_follows_from_country_and_postcode(
    country, postcode, code, state, goods, services
):
    found = territory_of(country, postcode)

    assert (found.code, found.state) == (code, state)
    assert (found.goods_area, found.services_area) == (goods, services)


def seller(country, *registered, postcode="", oss=False):
    return Seller(territory_of(country, postcode), frozenset(registered), oss)


GB, XI, DE = seller("GB"), seller("GB", postcode="BT1 5GS"), seller("DE")
DE_OSS = seller("DE", oss=True)
NL_NUMBER, XI_NUMBER, DE_NUMBER = "NL004495445B01", "XI434031494", "DE136695976"


@pytest.mark.parametrize(
    ("name", "who", "to", "goods", "services"),
    [
        ("unknown", GB, Destination(), "GB", "GB"),
        ("at home", GB, Destination("GB", "NR23 1AH"), "GB", "GB"),
        ("to Northern Ireland", GB, Destination("GB", "BT1 5GS"), "XI", "XI"),
        ("to the Isle of Man", GB, Destination("IM"), "IM", "IM"),
        ("to Jersey", GB, Destination("JE"), "JE export", "JE outside"),
        ("to Jersey, typed as GB", GB, Destination("GB", "JE2 3QA"), "JE export", "JE outside"),
        ("to Ireland", GB, Destination("IE"), "IE export", "IE outside"),
        ("to Germany", GB, Destination("DE"), "DE export", "DE outside"),
        ("to a German business", GB, Destination("DE", "", DE_NUMBER), "DE export", "DE outside"),
        ("to the US", GB, Destination("US"), "US export", "US outside"),
        ("abroad, but collected", GB, Destination("US", is_collected=True), "GB", "US outside"),
        ("registered in Germany", seller("GB", "DE"), Destination("DE"), "DE", "DE"),
        ("non-Union OSS", seller("GB", oss=True), Destination("DE"), "DE export", "DE"),
        ("non-Union OSS, business", seller("GB", oss=True), Destination("DE", "", DE_NUMBER),
         "DE export", "DE outside"),
        ("non-Union OSS, no number of the EU", seller("GB", oss=True), Destination("DE", "", "GB434031494"),
         "DE export", "DE"),
        ("registered in Great Britain, goods to Belfast", seller("DE", "GB"), Destination("GB", "BT1 5GS"),
         "DE", "XI"),
        ("registered in Northern Ireland", seller("DE", "XI"), Destination("GB", "BT1 5GS"), "XI", "XI outside"),
        ("from Belfast to Dublin", XI, Destination("IE"), "XI", "IE outside"),
        ("from Belfast, OSS", seller("GB", postcode="BT1 5GS", oss=True), Destination("IE"), "IE", "IE"),
        ("from Belfast to a business", XI, Destination("NL", "", NL_NUMBER), "NL reverse", "NL outside"),
        ("below the threshold", DE, Destination("FR"), "DE", "DE"),
        ("OSS", DE_OSS, Destination("FR"), "FR", "FR"),
        ("OSS to the Azores", DE_OSS, Destination("PT", "9500-150"), "PT-20", "PT-20"),
        ("OSS to Northern Ireland", DE_OSS, Destination("GB", "BT1 5GS"), "XI", "XI outside"),
        ("to a business", DE_OSS, Destination("NL", "", NL_NUMBER), "NL reverse", "NL reverse"),
        ("to a business, other state", DE, Destination("FR", "", NL_NUMBER), "FR reverse", "FR reverse"),
        ("to a Northern Irish business", DE, Destination("GB", "BT1 5GS", XI_NUMBER),
         "XI reverse", "XI outside"),
        ("a number from home", DE_OSS, Destination("NL", "", DE_NUMBER), "NL", "NL"),
        ("a business at home", DE, Destination("DE", "", DE_NUMBER), "DE", "DE"),
        ("to Great Britain", DE, Destination("GB", "NR23 1AH"), "GB export", "GB outside"),
        ("to Switzerland", DE, Destination("CH"), "CH export", "CH outside"),
        ("to Helgoland", DE, Destination("DE", "27498"), "DE-OUT export", "DE-OUT outside"),
        ("registered in France", seller("DE", "FR"), Destination("FR"), "FR", "FR"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else None,
)  # fmt: skip
def test_treatment(name, who, to, goods, services):
    found = [treatment_of(who, to, is_shipped=is_shipped) for is_shipped in (True, False)]

    texts = [f"{one.territory.code} {one.relief}".strip() for one in found]
    assert texts == [goods, services]


# --- Rates by date --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "tax_class", "day", "percent"),
    [
        ("DE", "standard", "2020-06-30", "19"),
        ("DE", "standard", "2020-07-01", "16"),
        ("DE", "standard", "2020-12-31", "16"),
        ("DE", "standard", "2021-01-01", "19"),
        ("RO", "standard", "2025-07-31", "19"),
        ("RO", "standard", "2025-08-01", "21"),
        ("EE", "standard", "2025-06-30", "22"),
        ("EE", "standard", "2025-07-01", "24"),
        ("FI", "books", "2025-12-31", "14"),
        ("FI", "books", "2026-01-01", "13.5"),
        ("CZ", "books", "2024-01-01", "0"),
        ("GB", "books", "2026-11-28", "0"),
        ("GB", "childrens-clothing", "2026-11-28", "0"),
        ("XI", "childrens-clothing", "2026-11-28", "0"),
        ("IM", "books", "2026-11-28", "0"),
        ("IE", "ebooks", "2026-11-28", "0"),
        ("FR", "books", "2026-11-28", "5.5"),
        ("PT-20", "standard", "2026-11-28", "16"),
        ("DE", "childrens-clothing", "2026-11-28", None),
        ("US", "standard", "2026-11-28", None),
    ],
)
def test_shipped_rate_on_a_day(country, tax_class, day, percent):
    expected = None if percent is None else Decimal(percent)

    assert shipped_percent(country, tax_class, date.fromisoformat(day)) == expected


def test_every_member_state_has_a_standard_rate_within_the_directives_limits():
    rates = shipped_rates(date(2026, 11, 28))

    assert rates.keys() >= EU_STATES
    assert all(15 <= rates[country][STANDARD] <= 27 for country in EU_STATES)
    assert all(0 <= percent <= 27 for row in rates.values() for percent in row.values())
    assert standard_percent("US") == 0


# --- Codes and numbers ----------------------------------------------------------------------------


@given(
    st.sampled_from(["GB", "XI", "PT-20", "DE-OUT", "AT-JM", "AX"]),
    st.decimals(min_value=0, max_value=50, places=2),
    st.sampled_from(Relief),
)
def test_code_is_read_back(country, percent, relief):
    rate = TaxRate(country, Decimal(0) if relief else percent, relief)

    assert rate_in(rate.code) == rate


@pytest.mark.parametrize(
    ("typed", "number", "country"),
    [
        ("DE 136 695 976", "DE136695976", "DE"),
        ("nl004495445b01", "NL004495445B01", "NL"),
        ("EL 094259216", "EL094259216", "GR"),
        ("FR 83 404 833 048", "FR83404833048", "FR"),
        ("GB 434 0314 94", "GB434031494", "GB"),
        ("XI 434 0314 94", "XI434031494", "XI"),
        ("CHE-107.787.577 IVA", "CHE107787577", "CH"),
        ("CHE100155212", "CHE100155212", "CH"),
        ("NO 995 525 828 MVA", "NO995525828MVA", "NO"),
        ("EU372022452", None, None),
        ("IM0400000034", None, None),
        ("DE136695977", None, None),
        ("DE", None, None),
        ("12345", None, None),
        ("US123456789", None, None),
        ("<script>", None, None),
    ],
)
def test_vat_number_is_checked_by_form_and_digits(typed, number, country):
    if number is None:
        with pytest.raises(ValueError, match=".*"):
            checked_vat_number(typed)
    else:
        assert checked_vat_number(typed) == number
        assert country_of_vat_number(number) == country


def test_registrations_are_read_line_by_line():
    assert registrations_in("DE DE136695976\n\n FR FR83404833048 ") == {
        "DE": "DE136695976",
        "FR": "FR83404833048",
    }
    with pytest.raises(ValueError, match="Germany"):
        registrations_in("Germany DE136695976")
