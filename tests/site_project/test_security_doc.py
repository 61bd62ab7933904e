"""docs/security.md covers every requirement of levels 1 and 2 once and names existing tests."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "security.md"
ANSWERS = {"holds", "not applicable", "does not hold"}
#: The numbers of levels 1 and 2 of OWASP ASVS 5.0.0, by section.
NUMBERS = {
    "1.1": "1 2",
    "1.2": "1 2 3 4 5 6 7 8 9",
    "1.3": "1 2 3 4 5 6 7 8 9 10 11",
    "1.4": "1 2 3",
    "1.5": "1 2",
    "2.1": "1 2 3",
    "2.2": "1 2 3",
    "2.3": "1 2 3 4",
    "2.4": "1",
    "3.2": "1 2",
    "3.3": "1 2 3 4",
    "3.4": "1 2 3 4 5 6",
    "3.5": "1 2 3 4 5",
    "3.7": "1 2",
    "4.1": "1 2 3",
    "4.2": "1",
    "4.3": "1 2",
    "4.4": "1 2 3 4",
    "5.1": "1",
    "5.2": "1 2 3",
    "5.3": "1 2",
    "5.4": "1 2 3",
    "6.1": "1 2 3",
    "6.2": "1 2 3 4 5 6 7 8 9 10 11 12",
    "6.3": "1 2 3 4",
    "6.4": "1 2 3 4",
    "6.5": "1 2 3 4 5",
    "6.6": "1 2 3",
    "6.8": "1 2 3 4",
    "7.1": "1 2 3",
    "7.2": "1 2 3 4",
    "7.3": "1 2",
    "7.4": "1 2 3 4 5",
    "7.5": "1 2",
    "7.6": "1 2",
    "8.1": "1 2",
    "8.2": "1 2 3",
    "8.3": "1",
    "8.4": "1",
    "9.1": "1 2 3",
    "9.2": "1 2 3 4",
    "10.1": "1 2",
    "10.2": "1 2",
    "10.3": "1 2 3 4",
    "10.4": "1 2 3 4 5 6 7 8 9 10 11",
    "10.5": "1 2 3 4 5",
    "10.6": "1 2",
    "10.7": "1 2 3",
    "11.1": "1 2",
    "11.2": "1 2 3",
    "11.3": "1 2 3",
    "11.4": "1 2 3 4",
    "11.5": "1",
    "11.6": "1",
    "12.1": "1 2 3",
    "12.2": "1 2",
    "12.3": "1 2 3 4",
    "13.1": "1",
    "13.2": "1 2 3 4 5",
    "13.3": "1 2",
    "13.4": "1 2 3 4 5",
    "14.1": "1 2",
    "14.2": "1 2 3 4",
    "14.3": "1 2 3",
    "15.1": "1 2 3",
    "15.2": "1 2 3",
    "15.3": "1 2 3 4 5 6 7",
    "16.1": "1",
    "16.2": "1 2 3 4 5",
    "16.3": "1 2 3 4",
    "16.4": "1 2 3",
    "16.5": "1 2 3",
    "17.1": "1",
    "17.2": "1 2 3 4",
    "17.3": "1 2",
}


def rows():
    """``(number, requirement, status, explanation, named tests)`` of every row."""
    for line in DOC.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"\d+\.\d+\.\d+", cells[0]):
            number, asks, here, tests = cells
            answer, _, said = here.removeprefix("**").partition("**: ")
            yield number, asks, answer, said, re.findall(r"`([^`]+)`", tests)


@cache
def functions_of(path):
    """The names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def anchors_of(path):
    """The anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}


def test_every_number_is_listed_once():
    wanted = [f"{part}.{number}" for part, numbers in NUMBERS.items() for number in numbers.split()]

    assert [row[0] for row in rows()] == wanted
    assert len(wanted) == 253


def test_every_row_has_a_valid_status_and_a_reason():
    wrong = [row[0] for row in rows() if row[2] not in ANSWERS or not row[1] or not row[3]]

    assert wrong == []


def test_every_fulfilled_requirement_names_a_test():
    assert [
        number for number, _, answer, _, tests in rows() if answer == "holds" and not tests
    ] == []


def test_every_named_test_exists():
    named = {name for row in rows() for name in row[4]}

    missing = [
        name for name in named if name.split("::")[1] not in functions_of(name.split("::")[0])
    ]

    assert len(named) > 100
    assert missing == []


@pytest.mark.parametrize("page", ["security.md", "security_rules.md"])
def test_links_point_to_existing_headings(page):
    text = (DOC.parent / page).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", text)

    broken = [
        (path, anchor)
        for path, anchor in links
        if not (target := DOC.parent / (path or page)).exists()
        or (anchor and anchor not in anchors_of(target))
    ]

    assert links
    assert broken == []


def test_named_modules_exist():
    named = re.findall(
        r"`((?:commerce|checkout_app|home|site_project)/[\w/]+\.py)`", DOC.read_text()
    )

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
