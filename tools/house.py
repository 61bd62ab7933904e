"""``make house``: what can be counted of how the code is laid out and named; fails above a limit."""

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
#: What the demo shop sells and is. A merchant of other goods finds none of it in the engine.
GOODS = re.compile(
    r"\b(glazes?d?|pieces?|studios?|kilns?|potter(?:s|y)?|mugs?|vases?|saltmarsh)\b", re.IGNORECASE
)
#: Words of our own for what the field has a word for (docs/glossary.md).
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
    """One number, what it counts, and the most or the least that it may be."""

    name: str
    value: float
    most: float = float("inf")
    least: float = float("-inf")

    @property
    def is_fine(self) -> bool:
        """Whether it is within its limits."""
        return self.least <= self.value <= self.most


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    """The tracked files below some folders, without migrations."""
    names = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in names.splitlines():
        path = ROOT / name
        if path.suffix in suffixes and "migrations" not in path.parts and path.is_file():
            yield path


def import_circles() -> int:
    """Modules of a package that import each other, directly or in a ring."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return sum(len(graph.nominate_cycle_breakers(package)) for package in ENGINE)


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The functions of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def is_typed(function: ast.FunctionDef) -> bool:
    """Whether every parameter has a type, and so has the result."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    own = [one for one in parameters if one.arg not in ("self", "cls")]
    has_result = function.returns is not None or function.name == "__init__"
    return has_result and all(one.annotation is not None for one in own)


def typed_share() -> float:
    """The percentage of the engine's public functions that carry types."""
    public = [
        function
        for path in sources(*ENGINE[:3])
        for function in functions(path)
        if not function.name.startswith("_")
    ]
    return 100 * sum(map(is_typed, public)) / len(public)


def private_names() -> list[str]:
    """The engine's identifiers that are made of private words."""
    found = []
    for path in sources(*ENGINE):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
        for token in tokens:
            words = re.split(r"_|(?<=[a-z])(?=[A-Z])", token.string)
            if token.type == tokenize.NAME and PRIVATE & {word.lower() for word in words}:
                found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}")
    return found


def mentions_of_goods() -> list[str]:
    """Lines of the engine, its templates, styles and scripts that name the demo's goods."""
    suffixes = (".py", ".html", ".txt", ".css", ".js")
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in sources(*ENGINE, "templates", "static", suffixes=suffixes)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if GOODS.search(line)
    ]


def lines(path: Path) -> int:
    """The number of lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def counts() -> list[Count]:
    """All counts, with their limits."""
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
        Count("mentions of the demo's goods", len(mentions_of_goods()), most=0),
        Count("private words in names", len(private_names()), most=0),
        Count("public functions typed, per cent", round(typed_share(), 1), least=80),
        Count("longest function, lines", long, most=60),
        Count("longest file, lines", max(map(lines, every)), most=500),
        Count("longest line of a template", widest, most=160),
    ]


def main() -> None:
    """Print the counts; with ``-v`` each mention. Exits with 1 where one is out of its limits."""
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
