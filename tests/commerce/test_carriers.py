"""Carriers: which are offered first, and their tracking pages."""

from django.conf import settings
from django.utils.translation import override

from commerce.carriers import carrier_choices, tracking_url


def test_carriers_of_the_shops_country_come_first():
    def codes(country):
        return [code for code, _name in carrier_choices(country)]

    assert codes("DE")[:4] == ["dhl-paket", "dpd-de", "hermes", "gls"]
    assert codes("GB")[:3] == ["royal-mail", "evri", "dpd"]
    assert codes("FR")[:3] == ["dhl", "ups", "fedex"]
    assert {codes(country)[-1] for country in ("DE", "GB", "FR")} == {"other"}
    assert {len(codes(country)) for country in ("DE", "GB")} == {len(settings.CARRIERS)}


def test_tracking_page_is_in_the_shops_language_if_there_is_one():
    with override("de"):
        assert tracking_url("dhl-paket", "1").startswith("https://www.dhl.de/de/")
        assert tracking_url("dhl", "1").startswith("https://www.dhl.com/de-de/")
    with override("en-gb"):
        assert tracking_url("dhl-paket", "1").startswith("https://www.dhl.de/en/")
        assert tracking_url("hermes", "1").startswith("https://www.myhermes.de/")


def test_tracking_link_contains_the_number():
    assert tracking_url("dpd", "1/../?x=&y#z").endswith("reference=1%2F..%2F%3Fx%3D%26y%23z")
    assert tracking_url("other", "123") == ""
    assert tracking_url("gone", "123") == ""
    assert tracking_url("dpd", "") == ""
