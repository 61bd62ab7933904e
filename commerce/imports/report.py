"""What a run found and did: counts, differences to read, and the report to download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.translation import gettext as _

from commerce.documents.spreadsheets import neutral_cell
from commerce.imports.names import part_label
from commerce.models import ImportRow, ImportRun

Outcome, Step = ImportRow.Outcome, ImportRow.Step
#: The most characters of a value in a difference.
SHOWN = 300


class Difference(NamedTuple):
    """A value before and after; "" for nothing."""

    name: str
    before: str
    after: str


def counts_of(run: ImportRun) -> dict[str, int]:
    """The number of rows by outcome, and by step for those that were written; one query."""
    found = dict.fromkeys((*Outcome.values, *Step.values), 0)
    groups = run.rows.order_by().values("outcome", "step").annotate(count=Count("pk"))
    for group in groups:
        found[group["outcome"]] += group["count"]
        found[group["step"]] += group["count"]
    return found


def differences(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """What differs between two states, value by value, with names such as "A-1: Price"."""
    if path[:1] == ("attributes",) and len(path) > 1:
        name = (after or before)["name"]
        before, after = (one and one["value"] for one in (before, after))
        path = ("attributes", name)
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), (*path, key))
    elif before != after:
        one = Difference(part_label(path), _shown(before), _shown(after))
        if one.before != one.after:
            yield one


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        text = "; ".join(filter(None, map(_shown, value)))
    elif isinstance(value, dict):
        text = _shown(value.get("source") or ", ".join(map(str, value.values())))
    else:
        text = str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def report_rows(run: ImportRun) -> Iterator[list[object]]:
    """The report as rows of a CSV: each record, with a row for each problem, remark and difference."""
    yield [
        _("row"), _("identity"), _("outcome"), _("step"), _("column"), _("message"), _("before"),
        _("after"),
    ]  # fmt: skip
    for column in run.ignored_columns:
        yield ["", "", "", "", neutral_cell(column), _("This column is not imported."), "", ""]
    for row in run.rows.order_by("position").iterator(chunk_size=500):
        start = [row.line, row.identity, row.get_outcome_display(), row.get_step_display()]
        notes: list[list[object]] = [
            [line, *start[1:], column, reason, "", ""]
            for line, column, reason in (*row.problems, *row.remarks)
        ]
        notes += [
            [*start, one.name, "", one.before, one.after]
            for one in differences(row.before, row.after)
            if row.outcome == Outcome.CHANGED
        ]
        for note in notes or [[*start, "", "", "", ""]]:
            yield [neutral_cell(cell) for cell in note]
