"""``python -m demo.lindenblatt.drawings OUT [--only PATTERN …]``: draws the pictures as JPEG."""

import argparse
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

from PIL import Image

from . import catalogue

#: The lowest JPEG quality that still looks clean on paper grain.
LOWEST = 64


def save(image: Image.Image, path: Path, quality: int, most: int) -> None:
    """Save as progressive JPEG, lowering the quality in steps until the file is small enough."""
    while True:
        image.save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= most or quality <= LOWEST:
            return
        quality -= 3


def main() -> None:
    """Draw all pictures, or those whose names match a pattern such as "mohn-*"."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--only", nargs="*", default=["*"], help="patterns of names")
    parser.add_argument("--missing", action="store_true", help="skip pictures that exist")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, draw in catalogue.pictures().items():
        path = options.out / f"{name}.jpg"
        if not any(fnmatch(name, pattern) for pattern in options.only):
            continue
        if options.missing and path.exists():
            continue
        start = time.monotonic()
        save(draw().convert("RGB"), path, *catalogue.budget(name))
        seconds = time.monotonic() - start
        sys.stdout.write(f"{name}: {path.stat().st_size // 1024} kB, {seconds:.1f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
