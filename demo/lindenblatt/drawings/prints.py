"""The fourteen prints by their codes, drawn once per run."""

from collections.abc import Callable
from functools import cache

from PIL import Image

from . import prints_botany, prints_geometry, prints_maps

#: Code: its drawing, and where on the sheet the detail is cut out (shares of width and height).
PRINTS: dict[str, tuple[Callable[[float], Image.Image], tuple[float, float]]] = {
    "bogen-und-takt": (prints_geometry.arcs, (0.46, 0.34)),
    "drei-scheiben": (prints_geometry.discs, (0.56, 0.50)),
    "treppenhaus": (prints_geometry.stairs, (0.52, 0.60)),
    "rasterpunkt": (prints_geometry.dots, (0.52, 0.50)),
    "fadenlage": (prints_geometry.threads, (0.50, 0.42)),
    "lindenzweig": (prints_botany.linden, (0.40, 0.36)),
    "farn-bei-nacht": (prints_botany.fern, (0.44, 0.50)),
    "ginkgo-oktober": (prints_botany.ginkgo, (0.54, 0.50)),
    "mohn": (prints_botany.poppies, (0.56, 0.30)),
    "graeser-am-kanal": (prints_botany.grasses, (0.58, 0.40)),
    "hoehenlinien": (prints_maps.contours, (0.46, 0.40)),
    "maeander": (prints_maps.meanders, (0.45, 0.42)),
    "schwarzplan": (prints_maps.town, (0.52, 0.44)),
    "kammlinien": (prints_maps.ridges, (0.66, 0.42)),
}


@cache
def art(code: str) -> Image.Image:
    """The printed sheet at full size."""
    return PRINTS[code][0](1.0)


@cache
def small(code: str) -> Image.Image:
    """The printed sheet at half size, for scenes and cards."""
    sheet = art(code)
    return sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS)
