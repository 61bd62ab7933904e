"""The batches of a run: checking, writing and undoing. One transaction each, sized by time."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.imports.files import picture_files
from commerce.imports.kinds.base import Kind, Outcome, Plan, Undone
from commerce.imports.pictures import PictureFiles
from commerce.imports.reading import kind_of, records_of
from commerce.imports.records import Problem, Record
from commerce.index.refresh_queue import one_refresh
from commerce.models import ImportRow, ImportRun
from commerce.transactions import is_transient

logger = logging.getLogger("vitrine.imports")
Step = ImportRow.Step
#: Records of a batch: to begin with, at least and at most.
FIRST, LEAST, MOST = 5, 1, 400
#: Seconds that a batch should take. SQLite has one writer, and shoppers wait for it; elsewhere only
#: those wait who change the same rows.
TARGETS = {"sqlite": 0.25}
TARGET = 0.8
#: Seconds between two batches on SQLite. Who waits for the write lock looks for it every 0.1 s.
PAUSE = 0.15
#: Photographs of a batch, which are in memory until they are written.
MOST_PICTURES = 40
#: Records of a batch that only reads.
CHECKED_AT_ONCE = 400
#: Times that a batch is tried when others hold its rows.
ATTEMPTS = 6


class LeaseLost(Exception):
    """Another worker has taken the run over."""


@dataclass
class Work:
    """A worker's slice of a run: how long it works, and how large its batches are.

    ``size`` is that of the slice before. The time runs from ``start``, when the file is read, and is
    at least as long as the reading took.
    """

    run: ImportRun
    seconds: float
    lease: timedelta
    size: int = 0
    began: float = field(default_factory=time.monotonic)
    ends: float = math.inf
    is_refused: bool = False
    longest: float = 0.0

    def __post_init__(self) -> None:
        self.size = self.size or FIRST

    def start(self) -> None:
        """The file is read: from now on the slice's time runs."""
        now = time.monotonic()
        self.ends = now + max(self.seconds, now - self.began)

    @property
    def is_over(self) -> bool:
        """Whether the slice ends."""
        return time.monotonic() > self.ends

    def is_cancelled(self) -> bool:
        """Whether staff have asked to stop; one query."""
        rows = ImportRun.objects.filter(pk=self.run.pk, is_cancelling=True)
        return rows.exists()

    def advance(self, cursor: int, **fields: Any) -> None:
        """Move the cursor and renew the lease. Raises LeaseLost."""
        now = timezone.now()
        if cursor > self.run.cursor:
            fields["takeovers"] = 0
        rows = ImportRun.objects.filter(pk=self.run.pk, lease_key=self.run.lease_key)
        if not rows.update(cursor=cursor, lease_until=now + self.lease, **fields):
            raise LeaseLost
        self.run.cursor = cursor

    def release(self) -> None:
        """Give the lease back between two slices."""
        rows = ImportRun.objects.filter(pk=self.run.pk, lease_key=self.run.lease_key)
        rows.update(lease_until=None)

    def measured(self, seconds: float, count: int) -> None:
        """Choose the size of the next batch by the time that the last one took."""
        self.longest = max(self.longest, seconds)
        target = TARGETS.get(connection.vendor, TARGET)
        ideal = int(count * target / max(seconds, 0.001))
        self.size = max(LEAST, min(MOST, ideal, 2 * self.size))


# --- The check ------------------------------------------------------------------------------------


def check_batches(work: Work) -> bool:
    """Compare the records with the shop and note the outcome of each; whether it is finished."""
    run = work.run
    records, ignored = records_of(run)
    kind, files = kind_of(run), picture_files(run)
    work.advance(run.cursor, total=len(records), ignored_columns=ignored)
    work.start()
    while run.cursor < len(records):
        batch = records[run.cursor : run.cursor + CHECKED_AT_ONCE]
        plans = _planned(kind, batch, files)
        with transaction.atomic():
            start = run.cursor
            ImportRow.objects.bulk_create(
                _row(run, start + n, plan) for n, plan in enumerate(plans)
            )
            work.advance(start + len(batch))
        if work.is_over or work.is_cancelled():
            break
    return run.cursor >= len(records)


def _row(run: ImportRun, position: int, plan: Plan) -> ImportRow:
    outcome = plan.outcome
    is_shown = outcome in (Outcome.NEW, Outcome.CHANGED)
    return ImportRow(
        run=run,
        position=position,
        line=plan.record.line,
        identity=plan.record.identity[:255],
        outcome=outcome,
        problems=_listed(plan.record.problems),
        remarks=_listed(plan.record.remarks),
        object_id=plan.object_id,
        before=plan.before if is_shown else None,
        after=plan.after if is_shown else None,
    )


def _listed(problems: Sequence[Problem]) -> list[list[Any]]:
    return [list(problem) for problem in problems[:20]]


# --- The import -----------------------------------------------------------------------------------


def write_batches(work: Work) -> bool:
    """Write the records from the cursor on; whether the run is finished.

    With the policy "all" the first refused record ends the run, which is then undone.
    """
    run = work.run
    records, _ignored = records_of(run)
    kind, files = kind_of(run), picture_files(run)
    takes_all = run.options.get("policy") == "all"
    work.advance(run.cursor)
    work.start()
    while run.cursor < len(records):
        batch = _with_few_pictures(records[run.cursor : run.cursor + work.size])
        plans = _planned(kind, batch, files)
        if takes_all and any(plan.outcome == Outcome.REFUSED for plan in plans):
            with transaction.atomic():
                work.advance(run.cursor)
                _note(run, plans)
            work.is_refused = True
            return True
        kind.load_files(plans, files)
        _write(work, batch, plans, takes_all=takes_all)
        if work.is_refused:
            return True
        if work.is_over or work.is_cancelled():
            break
        _let_others_write()
    return run.cursor >= len(records)


def _let_others_write() -> None:
    """Leave SQLite's write lock alone for long enough that everybody who waits sees it free.

    Within a transaction of the caller it is never free.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(PAUSE)


def _planned(kind: Kind, batch: Sequence[Record], files: PictureFiles | None) -> list[Plan]:
    """The plans of records. One that cannot be compared is refused; the others are not lost."""
    try:
        return kind.plan(batch, files)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("records are compared one by one")
    return [_planned_alone(kind, record, files) for record in batch]


def _planned_alone(kind: Kind, record: Record, files: PictureFiles | None) -> Plan:
    try:
        return kind.plan([record], files)[0]
    except DatabaseError:
        raise
    except Exception:
        logger.exception("the record in row %d cannot be compared", record.line)
        record.refuse(record.line, "", _("The row could not be read; the log says why."))
        return Plan(record, before=None, after=None)


def _with_few_pictures(records: list[Record]) -> list[Record]:
    """The first records, at least one, whose photographs fit in the memory together."""
    count = 0
    for number, record in enumerate(records):
        count += len(getattr(record, "pictures", None) or ())
        if number and count > MOST_PICTURES:
            return records[:number]
    return records


def _write(work: Work, batch: Sequence[Record], plans: list[Plan], *, takes_all: bool) -> None:
    """Write a batch; if it cannot be written, one record after the other.

    With ``takes_all`` the first record that cannot be written ends it.
    """
    try:
        _write_once(work, plans)
    except LeaseLost:
        raise
    except Exception as error:
        if isinstance(error, DatabaseError):
            logger.info("a batch of import %s is written one by one: %s", work.run.pk, error)
        else:
            logger.exception("a batch of import %s is written one by one", work.run.pk)
        kind, files = kind_of(work.run), picture_files(work.run)
        for record in batch:
            again = [_planned_alone(kind, record, files)]
            kind.load_files(again, files)
            _write_alone(work, again)
            if takes_all and again[0].outcome == Outcome.REFUSED:
                work.is_refused = True
                return


def _write_alone(work: Work, plans: list[Plan]) -> None:
    try:
        _write_once(work, plans)
    except LeaseLost:
        raise
    except Exception:
        logger.exception("a record of import %s cannot be written", work.run.pk)
        record = plans[0].record
        record.refuse(record.line, "", _("The row could not be saved; the log says why."))
        _write_once(work, plans)


def _write_once(work: Work, plans: list[Plan]) -> None:
    """Write plans, note them and move the cursor, in one transaction."""
    cursor = work.run.cursor

    def write() -> None:
        active = [plan for plan in plans if plan.outcome in (Outcome.NEW, Outcome.CHANGED)]
        with one_refresh():
            kind_of(work.run).write(active)
        _note(work.run, plans, written={id(plan) for plan in active}, start=cursor)

    _advance_with(work, len(plans), write)


def _advance_with(work: Work, count: int, write: Callable[[], None]) -> None:
    """Move the cursor and write, in one transaction that is retried on conflicts and measured."""
    cursor = work.run.cursor
    for attempt in range(ATTEMPTS):
        started = time.monotonic()
        try:
            with transaction.atomic():
                started = time.monotonic()
                work.advance(cursor + count)
                write()
        except BaseException as error:
            work.run.cursor = cursor
            if attempt == ATTEMPTS - 1 or not _is_conflict(error):
                raise
            time.sleep(0.05 * 2**attempt)
            continue
        work.measured(time.monotonic() - started, count)
        return


def _note(
    run: ImportRun, plans: Sequence[Plan], *, written: set[int] | None = None,
    start: int | None = None,
) -> None:  # fmt: skip
    """Replace the check's rows of a batch by what was done."""
    start = run.cursor if start is None else start
    positions = range(start, start + len(plans))
    run.rows.filter(position__gte=start, position__lt=start + len(plans)).delete()
    rows = []
    for position, plan in zip(positions, plans, strict=True):
        row = _row(run, position, plan)
        if written and id(plan) in written:
            row.step = Step.WRITTEN
        rows.append(row)
    ImportRow.objects.bulk_create(rows)


# --- Undoing --------------------------------------------------------------------------------------


def undo_batches(work: Work) -> bool:
    """Undo written rows from the last to the first; whether all are done.

    A row that cannot be undone, such as an order with a payment, is left.
    """
    run = work.run
    work.start()
    while True:
        rows = list(run.rows.filter(step=Step.WRITTEN).order_by("-position")[: work.size])
        if not rows:
            return True
        try:
            _undo(work, rows)
        except LeaseLost:
            raise
        except (IntegrityError, ProtectedError) as error:
            logger.info("a batch of import %s is undone one by one: %s", run.pk, error)
            for row in rows:
                _undo_alone(work, row)
        if work.is_over or work.is_cancelled():
            return False
        _let_others_write()


def _undo_alone(work: Work, row: ImportRow) -> None:
    try:
        _undo(work, [row])
    except (IntegrityError, ProtectedError) as error:
        logger.info("row %d of import %s stays: %s", row.line, work.run.pk, error)
        with transaction.atomic():
            work.advance(work.run.cursor + 1)
            ImportRow.objects.filter(pk=row.pk).update(step=Step.LEFT)


def _undo(work: Work, rows: Sequence[ImportRow]) -> None:
    """Undo a batch in one transaction."""

    def write() -> None:
        undone = [Undone(row.object_id or 0, row.before, row.after) for row in rows]
        with one_refresh():
            outcome = kind_of(work.run).revert(undone)
        done = [row.pk for row, is_done in zip(rows, outcome, strict=True) if is_done]
        notes = ImportRow.objects.filter(pk__in=[row.pk for row in rows])
        notes.exclude(pk__in=done).update(step=Step.LEFT)
        notes.filter(pk__in=done).update(step=Step.UNDONE)

    _advance_with(work, len(rows), write)


def _is_conflict(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and is_transient(error)  # type: ignore[arg-type]
