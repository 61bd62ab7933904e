"""Imports from the upload to the undoing: created, checked, run in slices, cancelled, undone.

One import writes at a time. A worker holds a run's lease while it writes; each batch is one
transaction that also moves the cursor, so a run that is killed continues with the next batch, and
a worker that has lost its lease writes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_tasks import task

from commerce.actor import task_actor
from commerce.imports.files import Role, store
from commerce.imports.processing import LeaseLost, Work, check_batches, undo_batches, write_batches
from commerce.imports.tables import TableError
from commerce.models import ImportRow, ImportRun, User
from commerce.models.imports import BUSY
from commerce.shop_settings.current import in_the_shops_terms
from commerce.transactions import enqueue_on_commit, retry_transient

logger = logging.getLogger("vitrine.imports")
State = ImportRun.State
#: A worker that has not renewed its lease for so long is lost.
LEASE = timedelta(minutes=3)
#: A run whose worker is lost more often than this before the cursor moves will not get further: its
#: file is too much for the memory, or takes longer than a lease to read.
MOST_TAKEOVERS = 3
#: Seconds that one task works before others get their turn.
SLICE = 20.0
#: The states in which a run writes to the shop.
WRITING = (State.RUNNING, State.UNDOING)
STEPS: Mapping[str, Callable[[Work], bool]] = {
    State.CHECKING: check_batches,
    State.RUNNING: write_batches,
    State.UNDOING: undo_batches,
}


class ImportRefused(Exception):
    """An action that the run's state does not allow; the text says why."""


def create_run(
    *, kind: str, profile: str, file_name: str, data: Iterable[bytes], user: User | None,
    options: Mapping[str, Any], pictures: Iterable[bytes] | None = None,
) -> ImportRun:  # fmt: skip
    """Store an upload. The caller starts the check with ``start_check``."""
    run = ImportRun.objects.create(
        kind=kind, profile=profile, file_name=file_name[:255], options=dict(options), user=user,
        state=State.MAPPING,
    )  # fmt: skip
    store(run, Role.DATA, data)
    if pictures is not None:
        store(run, Role.PICTURES, pictures)
    return run


def start_check(
    run_id: int, *, user: User | None = None, mapping: Mapping[str, str] | None = None
) -> None:
    """Check a run, again if it was checked before. Raises ImportRefused.

    The histories name ``user`` from now on, by default whoever uploaded the file.
    """
    with transaction.atomic():
        run = _locked(run_id, State.MAPPING, State.CHECKED, State.FAILED)
        if run.started_at is not None:
            raise ImportRefused(_("This import has begun. Upload the file again to check it."))
        run.rows.all().delete()
        if mapping is not None:
            run.options["mapping"] = dict(mapping)
        _enter(run, State.CHECKING, user=user)


def start_import(run_id: int, *, user: User | None = None) -> None:
    """Import a checked run, or continue a cancelled or failed one. Raises ImportRefused.

    Prices and stock change in the name of ``user``, by default of whoever uploaded the file.
    """
    with transaction.atomic():
        run = _locked(run_id, State.CHECKED, State.CANCELLED, State.FAILED)
        if run.state == State.FAILED and run.started_at is None:
            raise ImportRefused(_("The file could not be read. Upload another one."))
        if run.state == State.CANCELLED and run.started_at is None:
            raise ImportRefused(_("The check was cancelled. Upload the file again."))
        undone = (ImportRow.Step.UNDONE, ImportRow.Step.LEFT)
        if run.rows.filter(step__in=undone).exists():
            raise ImportRefused(_("This import was undone in part. Upload the file again."))
        refused = run.rows.filter(outcome=ImportRow.Outcome.REFUSED).exists()
        if refused and run.options.get("policy") == "all":
            raise ImportRefused(_("Some rows are refused, and this import takes all rows or none."))
        if run.started_at is None:
            run.started_at, run.cursor = timezone.now(), 0
        _enter(run, State.WAITING, user=user, keep_cursor=True)


def start_undo(run_id: int, *, user: User | None = None, reason: str = "") -> None:
    """Undo what a run has written, last rows first; staff see the reason. Raises ImportRefused.

    As ``start_import``, in the name of ``user``.
    """
    with transaction.atomic():
        run = _locked(run_id, State.DONE, State.CANCELLED, State.FAILED)
        written = run.rows.filter(step=ImportRow.Step.WRITTEN)
        if not written.exists():
            raise ImportRefused(_("This import has written nothing."))
        run.total = written.count()
        _enter(run, State.UNDOING, user=user, message=reason)


def cancel(run_id: int) -> None:
    """Stop a run after the batch at hand; what is written stays. Raises ImportRefused."""
    with transaction.atomic():
        run = _locked(run_id, *BUSY, State.CHECKED, State.MAPPING)
        if run.state in (State.CHECKED, State.MAPPING, State.WAITING):
            run.state, run.finished_at = State.CANCELLED, timezone.now()
        else:
            run.is_cancelling = True
        run.save()


def _locked(run_id: int, *states: str) -> ImportRun:
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state not in states:
        raise ImportRefused(
            _("This is not possible now: the import is %(state)s.")
            % {"state": run.get_state_display()}
        )
    return run


def _enter(
    run: ImportRun,
    state: str,
    *,
    user: User | None,
    keep_cursor: bool = False,
    message: str = "",
) -> None:
    run.user = user or run.user
    run.state, run.message, run.is_cancelling = state, message, False
    run.lease_key, run.lease_until, run.finished_at, run.takeovers = "", None, None, 0
    if not keep_cursor:
        run.cursor = 0
    run.save()
    enqueue_on_commit(continue_import_task, run.pk)


# --- In the worker --------------------------------------------------------------------------------


@task()
def continue_import_task(run_id: int, size: int = 0) -> None:
    """Work on a run for a slice, then enqueue the next one. May run twice: a lease decides.

    ``size`` is that of the batches at the end of the slice before.
    """
    if size := continue_run(run_id, seconds=SLICE, size=size):
        enqueue_on_commit(continue_import_task, run_id, size)
    else:
        _continue_next(but=run_id)


@task()
def continue_imports() -> None:
    """Scheduled every minute: continue runs whose turn has come or whose worker was lost."""
    _continue_next(but=0)


def _continue_next(*, but: int) -> None:
    now = timezone.now()
    rows = ImportRun.objects.filter(state__in=BUSY).exclude(pk=but).exclude(lease_until__gt=now)
    for run_id in list(rows.order_by("pk").values_list("pk", flat=True)):
        enqueue_on_commit(continue_import_task, run_id)


def finish(run_id: int) -> ImportRun:
    """Work on a run until it needs nothing more, in this process: for commands and tests.

    Waits for its turn if another import is running.
    """
    while continue_run(run_id, seconds=3600) or _waits(run_id):
        pass
    return ImportRun.objects.get(pk=run_id)


def _waits(run_id: int) -> bool:
    if not ImportRun.objects.filter(pk=run_id, state__in=BUSY).exists():
        return False
    time.sleep(0.2)
    return True


def continue_run(run_id: int, *, seconds: float, size: int = 0) -> int:
    """Work on a run for about so many seconds, beginning with batches of a size.

    Returns the size of the next batches; 0 if there is nothing more to do for this worker: the run
    is finished, another worker has it, or another import must end first.
    """
    run = _claim(run_id)
    if run is None:
        return 0
    work = Work(run, seconds, LEASE, size)
    if work.is_cancelled():  # before the file is read, which may be what takes too long
        _after_slice(work, is_done=False)
        return 0
    if run.takeovers > MOST_TAKEOVERS:
        text = _(
            "The import was interrupted again and again without progress, so it has stopped. What it"
            " had written stays. Split the file into several, or save it as CSV."
        )
        _end(work, State.FAILED, text)
        return 0
    try:
        with task_actor(run.user), in_the_shops_terms():
            is_done = STEPS[run.state](work)
    except LeaseLost:
        return 0
    except TableError as error:
        _end(work, State.FAILED, str(error))
        return 0
    except Exception:
        logger.exception("import %s failed", run.pk)
        text = _("The import failed. What it had written stays; continue or undo it.")
        _end(work, State.FAILED, text)
        return 0
    logger.info("import %s: the longest transaction took %.2f s", run.pk, work.longest)
    return work.size if _after_slice(work, is_done) else 0


def _after_slice(work: Work, is_done: bool) -> bool:
    run = work.run
    if work.is_cancelled():
        is_first = run.state == State.CHECKING
        _end(work, State.CANCELLED, _("The check was cancelled.") if is_first else "")
        return False
    if not is_done:
        work.release()
        return True
    if run.state == State.CHECKING:
        _end(work, State.CHECKED, "")
    elif run.state == State.UNDOING:
        _end(work, State.UNDONE, run.message)
    elif work.is_refused:
        reason = _("A row was refused, so no row is imported.")
        _end(work, State.DONE, reason)
        if run.rows.filter(step=ImportRow.Step.WRITTEN).exists():
            start_undo(run.pk, reason=reason)
            return True
    else:
        _end(work, State.DONE, "")
    return False


def _end(work: Work, state: str, message: str) -> None:
    rows = ImportRun.objects.filter(pk=work.run.pk, lease_key=work.run.lease_key)
    rows.update(
        state=state, message=message, lease_key="", lease_until=None, is_cancelling=False,
        finished_at=timezone.now(),
    )  # fmt: skip


@retry_transient
def _claim(run_id: int) -> ImportRun | None:
    """Take a run's lease; a waiting run begins only if no other import writes.

    A lease that has ended without being released belonged to a worker that was lost, and is counted.
    """
    now = timezone.now()
    with transaction.atomic():
        # All busy runs in the order of keys: two workers cannot begin two imports at once.
        busy = list(ImportRun.objects.select_for_update().filter(state__in=BUSY).order_by("pk"))
        run = next((one for one in busy if one.pk == run_id), None)
        if run is None or (run.lease_until and run.lease_until > now):
            return None
        others = [one for one in busy if one.state in WRITING and one.pk != run_id]
        is_behind = run.state == State.WAITING or (others and others[0].pk < run.pk)
        is_writing = any(one.lease_until and one.lease_until > now for one in others)
        if others and (is_behind or is_writing) and run.state in (State.WAITING, *WRITING):
            return None
        if run.state == State.WAITING:
            run.state = State.RUNNING
        if run.lease_until:
            run.takeovers += 1
        run.lease_key, run.lease_until = get_random_string(32), now + LEASE
        run.save(update_fields=["state", "lease_key", "lease_until", "takeovers"])
    return run
