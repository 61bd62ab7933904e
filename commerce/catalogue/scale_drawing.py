"""A product drawn to scale beside a hand: pure geometry and text, no ORM, no HTML."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

#: An adult's hand from wrist to fingertip, and its width with the thumb, in centimetres.
HAND_HEIGHT, HAND_WIDTH = 18.0, 11.0
#: Units of the drawing: its size, and the room for the figures beside and below the product.
WIDTH, HEIGHT = 400, 300
MARGIN, SIDE, FOOT, HAND_LABEL = 12, 76, 40, 100
#: Centimetres of an inch.
INCH = 2.54
#: Sizes in centimetres for which a drawing beside a hand is useful.
SMALLEST, LARGEST = 0.5, 200.0


@dataclass(frozen=True)
class ScaleDrawing:
    """The values the template draws, in units of the drawing; ``y`` grows downwards."""

    frame_top: float
    frame_height: float
    ground: float
    left: float
    top: float
    right: float
    middle: float
    half: float
    hand_x: float
    hand_middle: float
    hand_y: float
    hand_scale: float
    outline: str
    marks: tuple[tuple[float, int], ...]
    tall: str
    across: str
    hand: str
    text: str

    @property
    def rulers(self) -> str:
        """The path of the height and of the ruler along the ground."""
        marks = "".join(f"M{x} {self.ground}v{length}" for x, length in self.marks)
        return f"M{self.left} {self.top}h-16m5 0V{self.ground}{marks}"


def draw_to_scale(
    title: str, *, height: Any, diameter: Any, is_metric: bool = True
) -> ScaleDrawing | None:
    """The ``ScaleDrawing`` of a product with these sizes in centimetres; None without usable sizes.

    Product and hand share one scale so that both fit; the figures have a fixed size, and are in
    inches if not ``is_metric``.
    """
    tall, across = _size(height), _size(diameter)
    if tall is None or across is None:
        return None
    gap = max(tall, across, HAND_WIDTH) * 0.18
    unit = min(
        (WIDTH - 2 * MARGIN - SIDE) / (across + gap + HAND_WIDTH),
        (HEIGHT - 2 * MARGIN - FOOT) / max(tall, HAND_HEIGHT),
    )
    left = (WIDTH + SIDE - (across + gap + HAND_WIDTH) * unit) / 2
    ground = HEIGHT - MARGIN - FOOT
    right = left + across * unit
    tallest = max(tall, HAND_HEIGHT) * unit
    numbers = {
        "frame_top": ground - tallest - MARGIN,
        "frame_height": tallest + 2 * MARGIN + FOOT,
        "ground": ground,
        "left": left,
        "top": ground - tall * unit,
        "right": right,
        "middle": (left + right) / 2,
        "half": ground - tall * unit / 2,
        "hand_x": right + gap * unit,
        "hand_middle": min(right + (gap + HAND_WIDTH / 2) * unit, WIDTH - HAND_LABEL / 2),
        "hand_y": ground - HAND_HEIGHT * unit,
    }
    return ScaleDrawing(
        **{name: round(number, 1) for name, number in numbers.items()},
        hand_scale=round(unit, 3),
        outline=_outline(left, ground, tall * unit, across * unit),
        marks=_marks(left, across, unit) if is_metric else _inch_marks(left, across, unit),
        tall=_length(tall, is_metric=is_metric),
        across=_length(across, is_metric=is_metric),
        hand=_("hand, %s") % _length(HAND_HEIGHT, is_metric=is_metric),
        text=_text(title, tall, across, is_metric=is_metric),
    )


def _length(centimetres: float, *, is_metric: bool) -> str:
    """A length with its unit; inches to the tenth."""
    if is_metric:
        return _("%s cm") % f"{centimetres:g}"
    return _("%s in") % f"{round(centimetres / INCH, 1):g}"


def _size(value: Any) -> float | None:
    try:
        size = float(value)
    except (TypeError, ValueError):
        return None
    return size if SMALLEST <= size <= LARGEST else None


def _outline(left: float, ground: float, tall: float, across: float) -> str:
    """The product as a vessel on the ground: straight walls, a rounded foot."""
    foot = min(tall * 0.6, across * 0.16)
    return (
        f"M{left:.1f} {ground - tall:.1f}h{across:.1f}v{tall - foot:.1f}"
        f"q0 {foot:.1f} {-foot:.1f} {foot:.1f}h{2 * foot - across:.1f}"
        f"q{-foot:.1f} 0 {-foot:.1f} {-foot:.1f}z"
    )


def _marks(left: float, across: float, unit: float) -> tuple[tuple[float, int], ...]:
    """(x, length) of each mark of the ruler: every centimetre, or every five if space is short."""
    step = 1 if unit >= 4 else 5
    return tuple(
        (round(left + n * unit, 1), 8 if n % 5 == 0 else 4) for n in range(0, int(across) + 1, step)
    )


def _inch_marks(left: float, across: float, unit: float) -> tuple[tuple[float, int], ...]:
    """(x, length) of each mark of the ruler: every inch, the sixth ones longer."""
    step = unit * INCH
    return tuple(
        (round(left + n * step, 1), 8 if n % 6 == 0 else 4) for n in range(int(across / INCH) + 1)
    )


def _text(title: str, tall: float, across: float, *, is_metric: bool) -> str:
    """The text alternative of the drawing."""
    facts = {
        "title": title,
        "tall": _length(tall, is_metric=is_metric),
        "across": _length(across, is_metric=is_metric),
        "share": _share(tall),
    }
    return _("%(title)s is %(tall)s tall and %(across)s across: %(share)s.") % facts


def _share(tall: float) -> str:
    """The height relative to a hand, in words."""
    share = tall / HAND_HEIGHT
    words = (
        (0.2, _("almost flat beside a hand")),
        (0.4, _("about a third as tall as a hand")),
        (0.6, _("about half as tall as a hand")),
        (0.85, _("a little less tall than a hand")),
        (1.15, _("about as tall as a hand")),
        (1.7, _("about one and a half hands tall")),
        (2.3, _("about two hands tall")),
    )
    return next((word for limit, word in words if share < limit), _("more than two hands tall"))
