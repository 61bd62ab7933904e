"""The scale drawing: fits its frame, uses one scale for product and hand, and has a description."""

import pytest

from commerce.catalogue.scale_drawing import HAND_HEIGHT, HEIGHT, WIDTH, draw_to_scale

SIZES = [(6.1, 6.6), (9.2, 8.4), (40, 40), (2.4, 27.5), (3, 36), (24, 10.5), (0.5, 0.5), (200, 150)]


@pytest.mark.parametrize(("height", "diameter"), SIZES)
def test_everything_stays_in_the_frame(height, diameter):
    drawing = draw_to_scale("Piece", height=height, diameter=diameter)

    assert drawing.left >= 70, "room for the figure beside it"
    assert min(drawing.top, drawing.hand_y) >= drawing.frame_top + 10
    assert drawing.hand_middle <= WIDTH - 45, "room for the words below it"
    assert drawing.hand_x + 11 * drawing.hand_scale <= WIDTH - 10
    assert drawing.ground + 40 <= drawing.frame_top + drawing.frame_height <= HEIGHT


@pytest.mark.parametrize(("height", "diameter"), SIZES)
def test_product_and_hand_share_one_scale(height, diameter):
    drawing = draw_to_scale("Piece", height=height, diameter=diameter)

    unit = drawing.hand_scale
    assert drawing.ground - drawing.top == pytest.approx(height * unit, abs=0.3)
    assert drawing.right - drawing.left == pytest.approx(diameter * unit, abs=0.3)
    assert drawing.ground - drawing.hand_y == pytest.approx(HAND_HEIGHT * unit, abs=0.3)


def test_marks_are_centimetres_within_the_product():
    drawing = draw_to_scale("Cup", height=6.1, diameter=6.6)

    xs = [x for x, _length in drawing.marks]
    assert len(xs) == 7
    assert xs[0] == drawing.left
    assert max(xs) <= drawing.right


def test_drawing_has_a_text_alternative():
    small = draw_to_scale("Espresso cup", height=6.1, diameter=6.6)
    large = draw_to_scale("Planter", height=45.0, diameter=36.0)

    assert small.text == (
        "Espresso cup is 6.1 cm tall and 6.6 cm across: about a third as tall as a hand."
    )
    assert (large.tall, large.across) == ("45 cm", "36 cm")
    assert "more than two hands tall" in large.text


@pytest.mark.parametrize("size", [None, "", "wide", 0, -3, 0.1, 5000, float("nan"), float("inf")])
def test_invalid_size_is_not_drawn(size):
    assert draw_to_scale("Piece", height=size, diameter=10) is None
    assert draw_to_scale("Piece", height=10, diameter=size) is None


def test_sizes_are_in_inches_in_a_shop_with_imperial_units():
    drawing = draw_to_scale("Cup", height=6.1, diameter=6.6, is_metric=False)

    assert (drawing.tall, drawing.across, drawing.hand) == ("2.4 in", "2.6 in", "hand, 7.1 in")
    assert "Cup is 2.4 in tall and 2.6 in across" in drawing.text
    assert len(drawing.marks) == 3
