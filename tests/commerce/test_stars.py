"""Stars of a rating, filled to the fraction."""

import pytest

from commerce.templatetags.shop import star_widths


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("rating", "widths"),
    [
        (None, ["0"] * 5),
        (0, ["0"] * 5),
        (4.8, ["20", "20", "20", "20", "16"]),
        (3.25, ["20", "20", "20", "5", "0"]),
        (5, ["20"] * 5),
        (9, ["20"] * 5),
    ],
)
def test_stars_are_filled_to_the_fraction(rating, widths):
    assert star_widths(rating) == widths
