"""``make house``: metrics of code layout and naming. Fails if one is outside its limits."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ("commerce", "checkout_app", "home", "site_project")
PACKAGES = (*ENGINE, "demo", "demo_gateway", "tools")
#: Names of the demo's goods. The engine must contain none of them.
GOODS = re.compile(
    r"\b(glazes?d?|pieces?|studios?|kilns?|potter(?:s|y)?|mugs?|vases?|saltmarsh)\b", re.IGNORECASE
)
#: Invented words that have a common equivalent (docs/glossary.md).
PRIVATE = frozenset(
    [
        "kept",
        "tally",
        "attention",
        "matter",
        "orphan",
        "orphans",
        "knock",
        "desk",
        "acting",
        "among",
        "shelves",
        "truth",
    ]
)


@dataclass(frozen=True)
class Count:
    """A metric with its value and its limits."""

    name: str
    value: float
    most: float = float("inf")
    least: float = float("-inf")

    @property
    def is_fine(self) -> bool:
        """Return whether the value is within its limits."""
        return self.least <= self.value <= self.most


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    """Yield the tracked files below the folders, without migrations."""
    names = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in names.splitlines():
        path = ROOT / name
        if path.suffix in suffixes and "migrations" not in path.parts and path.is_file():
            yield path


def import_circles() -> int:
    """Count modules of the packages that import each other, directly or in a cycle."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return sum(len(graph.nominate_cycle_breakers(package)) for package in ENGINE)


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def is_typed(function: ast.FunctionDef) -> bool:
    """Return whether all parameters and the result have type annotations."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    own = [one for one in parameters if one.arg not in ("self", "cls")]
    has_result = function.returns is not None or function.name == "__init__"
    return has_result and all(one.annotation is not None for one in own)


def typed_share() -> float:
    """Return the percentage of the engine's public functions with type annotations."""
    public = [
        function
        for path in sources(*ENGINE[:3])
        for function in functions(path)
        if not function.name.startswith("_")
    ]
    return 100 * sum(map(is_typed, public)) / len(public)


def private_names() -> list[str]:
    """Return the engine's identifiers that contain invented words."""
    found = []
    for path in sources(*ENGINE):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
        for token in tokens:
            words = re.split(r"_|(?<=[a-z])(?=[A-Z])", token.string)
            if token.type == tokenize.NAME and PRIVATE & {word.lower() for word in words}:
                found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}")
    return found


def mentions_of_goods() -> list[str]:
    """Return the lines in the engine, its templates, styles and scripts that name the demo's goods."""
    suffixes = (".py", ".html", ".txt", ".css", ".js")
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in sources(*ENGINE, "templates", "static", suffixes=suffixes)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if GOODS.search(line)
    ]


def lines(path: Path) -> int:
    """Count the lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def counts() -> list[Count]:
    """Return all metrics with their limits."""
    cache = list(sources("commerce/page_cache"))
    every = [path for package in PACKAGES for path in sources(package)]
    long = max((one.end_lineno or 0) - one.lineno + 1 for path in every for one in functions(path))
    flat = [path for path in sources("commerce") if path.parent == ROOT / "commerce"]
    pages = list(sources("templates", suffixes=(".html",)))
    widest = max(len(line) for path in pages for line in path.read_text("utf-8").splitlines())
    return [
        Count("import circles", import_circles(), most=0),
        Count("flat modules in commerce", len(flat), most=25),
        Count("lines of the page cache", sum(map(lines, cache)), most=1000),
        Count(
            "modules of the page cache", sum(path.name != "__init__.py" for path in cache), most=8
        ),
        Count("mentions of demo goods", len(mentions_of_goods()), most=0),
        Count("invented words in names", len(private_names()), most=0),
        Count("public functions typed, per cent", round(typed_share(), 1), least=80),
        Count("longest function, lines", long, most=60),
        Count("longest file, lines", max(map(lines, every)), most=500),
        Count("longest line of a template", widest, most=160),
    ]


def main() -> None:
    """Print the metrics, and each mention with ``-v``. Exit with 1 if one is outside its limits."""
    found = counts()
    for count in found:
        limit = (
            f"at most {count.most:g}"
            if count.least == float("-inf")
            else f"at least {count.least:g}"
        )
        mark = "ok" if count.is_fine else "--"
        print(f"{mark}  {count.name:<36} {count.value:>8g}   ({limit})")
    if "-v" in sys.argv:
        print(*private_names(), *mentions_of_goods(), sep="\n")
    sys.exit(not all(count.is_fine for count in found))


if __name__ == "__main__":
    main()
