"""The checkboxes of a filter: names as text, and values that cannot be chosen."""

from bs4 import BeautifulSoup

from commerce.catalogue.product_lists import Facet, FacetValue
from commerce.templatetags.shop import filter_options


def options_of(*values, name="glaze"):
    markup = filter_options(Facet(name, "Glaze", values))
    return BeautifulSoup(markup, "html.parser").find_all("label")


def test_names_are_text():
    (label,) = options_of(
        FacetValue('"><i>', "<b>Oat & ink</b>", 1200, is_selected=False, swatch='#fff"'),
        name='a"><u>',
    )

    assert not label.find(["b", "i", "u"])
    assert label.input["name"] == 'a"><u>'
    assert label.input["value"] == '"><i>'
    assert label.path["fill"] == '#fff"'
    assert label.get_text(" ", strip=True) == "<b>Oat & ink</b> 1200"


def test_a_value_that_leaves_nothing_cannot_be_chosen_but_undone():
    found, empty, chosen = options_of(
        FacetValue("oat", "Oat", 3, is_selected=False),
        FacetValue("ink", "Ink", 0, is_selected=False),
        FacetValue("ember", "Ember", 0, is_selected=True),
    )

    states = [
        {name for name in ("disabled", "checked") if label.input.has_attr(name)}
        for label in (found, empty, chosen)
    ]
    assert states == [set(), {"disabled"}, {"checked"}]
    dimmed = ["facets__option--none" in label["class"] for label in (found, empty, chosen)]
    assert dimmed == [False, True, True]
