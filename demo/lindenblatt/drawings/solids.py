"""Boxes in perspective: books, notebooks and card stacks on a table, with light and shadow.

Lengths are millimetres. x points right, y up and z towards the viewer; the table is y = 0.
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from . import noise
from .ink import Array, rgb
from .walls import array, blurred, picture

#: Samples per pixel and axis.
SAMPLES = 3


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at ``target`` from ``distance``, turned by ``yaw`` and ``pitch``."""

    yaw: float = 0
    pitch: float = 12
    distance: float = 900
    zoom: float = 4.6
    target: tuple[float, float, float] = (0, 100, 0)
    size: tuple[int, int] = (1600, 1600)

    def project(self, points: Array) -> Array:
        """Pixels of points in space (n × 3), supersampled."""
        p = np.asarray(points, float) - self.target
        p = p @ _turn_y(self.yaw).T @ _turn_x(self.pitch).T
        scale = self.zoom * self.distance / (self.distance - p[:, 2])
        x = self.size[0] / 2 + p[:, 0] * scale
        y = self.size[1] / 2 - p[:, 1] * scale
        return np.column_stack([x, y]) * SAMPLES

    def eye(self) -> Array:
        """Where the camera stands."""
        back = np.array([0, 0, self.distance]) @ _turn_x(self.pitch) @ _turn_y(self.yaw)
        return back + self.target


def _turn_y(degrees: float) -> Array:
    a = np.radians(degrees)
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def _turn_x(degrees: float) -> Array:
    a = np.radians(degrees)
    return np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])


@dataclass
class Box:
    """A box with a picture on each visible face.

    ``at`` is the middle of its underside, ``size`` its width, height and depth before ``turn``
    (about the vertical). Faces are "front", "back", "left", "right" and "top".
    """

    at: tuple[float, float, float]
    size: tuple[float, float, float]
    turn: float = 0
    faces: dict[str, Image.Image] = field(default_factory=dict)

    def corners(self) -> Array:
        """The eight corners: the lower four anticlockwise from front left, then the upper four."""
        w, h, d = self.size
        flat = np.array([(-w, 0, d), (w, 0, d), (w, 0, -d), (-w, 0, -d)]) / 2
        both = np.vstack([flat, flat + (0, h, 0)])
        return both @ _turn_y(self.turn).T + np.asarray(self.at)


#: Corners of each face: top left, top right, bottom right, bottom left as seen from outside.
FACES = {
    "front": (4, 5, 1, 0),
    "right": (5, 6, 2, 1),
    "back": (6, 7, 3, 2),
    "left": (7, 4, 0, 3),
    "top": (7, 6, 5, 4),
}
#: The direction of the light: from the upper left, before the object.
LIGHT = np.array([-0.45, 0.80, 0.60])


class Stage:
    """A picture under construction: a ground with boxes on it."""

    def __init__(self, camera: Camera, ground: Array) -> None:
        self.camera, self.colour = camera, ground

    def add(self, box: Box, *, shadow: float = 1.0) -> None:
        """Draw a box over what is there, after its shadow on the table or on what it lies on."""
        if shadow:
            self._cast(box, shadow)
        corners = box.corners()
        seen = []
        for name, image in box.faces.items():
            index = FACES[name]
            points = corners[list(index)]
            normal = np.cross(points[1] - points[0], points[3] - points[0])
            normal = -normal / np.linalg.norm(normal)
            towards = self.camera.eye() - points.mean(axis=0)
            if normal @ towards > 0:
                seen.append((float(np.linalg.norm(towards)), points, image, normal))
        for _, points, image, normal in sorted(seen, key=lambda face: -face[0]):
            light = 0.60 + 0.46 * max(float(normal @ LIGHT / np.linalg.norm(LIGHT)), 0)
            self._paint(image, self.camera.project(points), min(light * 1.06, 1.04))

    def _paint(self, image: Image.Image, quad: Array, light: float) -> None:
        width, height = (n * SAMPLES for n in self.camera.size)
        texture = Image.new("RGBA", (image.width + 2, image.height + 2))
        texture.paste(image, (1, 1))  # A transparent border makes the edges smooth.
        width_1, height_1 = image.width + 1, image.height + 1
        source = [(1, 1), (width_1, 1), (width_1, height_1), (1, height_1)]
        coefficients = _homography(quad, source)
        warped = texture.transform(
            (width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
        ).reduce(SAMPLES)
        pixels = np.asarray(warped, np.float32) / 255
        alpha = pixels[..., 3:]
        colour = pixels[..., :3]
        self.colour = self.colour * (1 - alpha) + np.clip(colour * light, 0, 1) * alpha

    def _cast(self, box: Box, depth: float) -> None:
        """The shadow on the plane under the box: a long soft one and a dark line of contact."""
        corners = box.corners()
        slide = -LIGHT / LIGHT[1]
        height = (corners[4:, 1] - box.at[1])[:, None]
        reach = min(1.0, 100 / max(box.size[1], 1))
        fallen = corners[4:] + slide * height * reach
        fallen[:, 1] = box.at[1]
        for points, radius, dark in (
            (np.vstack([corners[:4], fallen]), 20, 0.30),
            (np.vstack([corners[:4], corners[:4] * 0.8 + fallen * 0.2]), 7, 0.30),
            (corners[:4], 3, 0.34),
        ):
            mask = self._hull(self.camera.project(points))
            soft = blurred(mask, radius * self.camera.size[0] / 1600)
            self.colour = self.colour * (1 - depth * dark * soft[..., None])

    def _hull(self, points: Array) -> Array:
        width, height = (n * SAMPLES for n in self.camera.size)
        image = Image.new("L", (width, height), 0)
        ImageDraw.Draw(image).polygon([tuple(p) for p in convex(points).tolist()], fill=255)
        return np.asarray(image.reduce(SAMPLES), np.float32) / 255

    def image(self) -> Image.Image:
        """The finished picture."""
        return picture(self.colour)


def _homography(quad: Array, source: list[tuple[int, int]]) -> list[float]:
    """Pillow's coefficients, which map pixels of the picture to pixels of the texture."""
    rows, values = [], []
    for (x, y), (u, v) in zip(np.asarray(quad).tolist(), source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()


def convex(points: Array) -> Array:
    """The convex hull of points in the plane."""
    ordered = sorted(map(tuple, np.asarray(points).tolist()))

    def half(items: list) -> list:
        chain: list = []
        for p in items:
            while (
                len(chain) > 1
                and (
                    (chain[-1][0] - chain[-2][0]) * (p[1] - chain[-2][1])
                    - (chain[-1][1] - chain[-2][1]) * (p[0] - chain[-2][0])
                )
                <= 0
            ):
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def backdrop(size: tuple[int, int], colour: str, seed: int, *, horizon: float = 0.0) -> Array:
    """A seamless ground, lit from the upper left, a little darker behind ``horizon``."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    light = 1.06 - 0.19 * np.hypot((x - 0.25) * 0.9, (y - 0.25) * 0.9)
    if horizon:
        light -= 0.05 * noise.step(horizon + 0.08, horizon - 0.12, y)
    light += 0.010 * (noise.fractal((height, width), (8, 8), rng, octaves=3) - 0.5)
    light += 0.002 * noise.grain((height, width), rng, size=2)
    return np.clip(rgb(colour)[None, None] * light[..., None], 0, 1)


def pages(length: int, depth: int, seed: int, *, colour: str = "#efe7d6") -> Image.Image:
    """The edge of a block of paper: sheets along ``length``, ``depth`` pixels thick."""
    rng = np.random.default_rng(seed)
    sheets = noise.smooth((depth, length), (max(depth // 2, 2), 4), rng)
    fine = noise.smooth((depth, length), (depth, 40), rng)
    light = 0.94 + 0.10 * (sheets - 0.5) + 0.05 * (fine - 0.5)
    edge = np.linspace(-1, 1, depth, dtype=np.float32)[:, None]
    light = light - 0.10 * np.abs(edge) ** 6
    return picture(rgb(colour)[None, None] * light[..., None])


def shade_cover(image: Image.Image, *, hinge: bool, worn: float = 0.0) -> Image.Image:
    """A cover with the shading of its hinge and its edges."""
    colour = array(image)
    height, width = colour.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    light = 1.03 - 0.05 * x - 0.03 * y
    if hinge:
        light = (
            light
            - 0.20 * np.exp(-(((x - 0.062) / 0.010) ** 2))
            + 0.08 * np.exp(-(((x - 0.085) / 0.010) ** 2))
        )
        light = light - 0.10 * np.exp(-((x / 0.012) ** 2))
    else:
        light = light - 0.10 * np.exp(-(((x - 0.035) / 0.006) ** 2))
    light = light + 0.07 * np.exp(-(((1 - x) / 0.004) ** 2)) + worn
    return picture(colour * light[..., None])


def shade_spine(image: Image.Image, *, round_: bool) -> Image.Image:
    """A spine, shaded as if rounded."""
    colour = array(image)
    x = np.linspace(-1, 1, colour.shape[1], dtype=np.float32)[None, :]
    light = 1.10 - (0.26 if round_ else 0.06) * np.abs(x + 0.2) ** 2.2
    return picture(colour * light[..., None])
