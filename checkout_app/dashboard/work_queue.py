"""The work queue: failed mails, background tasks, events and payments that need a decision.

``sections_for`` lists them for the staff page, each with one action, and ``resolve_item`` performs
it. There are no rules here: the actions belong to mail and payments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from checkout_app.dashboard import redis_failures
from checkout_app.models import (
    OPEN_STATES,
    CaptureRequest,
    Dispute,
    PaymentAttempt,
    Progress,
    RefundRequest,
    State,
    StripeEvent,
)
from checkout_app.payments import (
    cancel,
    captures,
    disputes,
    refunds,
    review,
    settle,
    unmatched,
    webhooks,
)
from commerce.mail.outbox import send_parked_again
from commerce.models import OutgoingMail, User
from commerce.money import format_money
from commerce.orders import provision

#: Rows of one kind on the page; the number in the heading counts all of them.
SHOWN = 50


@dataclass(frozen=True)
class WorkItem:
    """One item of the queue; ``key`` identifies its row."""

    key: str
    title: str
    detail: str
    since: datetime | None
    order_number: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of item: the permissions to view and resolve it, its rows and its action.

    An action that ``sends_money`` requires a recent sign-in.
    """

    code: str
    label: str | Promise
    action: str | Promise
    view: str
    change: str
    rows: Callable[[], Any]
    item: Callable[[Any], WorkItem]
    resolve: Callable[[Any], object]
    sends_money: bool = False


@dataclass(frozen=True)
class Section:
    """A kind and its rows, as one user may view them."""

    kind: Kind
    items: list[WorkItem]
    count: int
    may_act: bool


def sections_for(user: User | AnonymousUser) -> list[Section]:
    """The sections that ``user`` may view, including empty ones."""
    return [_section(kind, user) for kind in KINDS if user.has_perm(kind.view) and _is_used(kind)]


def _is_used(kind: Kind) -> bool:
    """Whether this shop can have such items."""
    return kind.code != "job" or settings.TASK_QUEUE == "redis"


def _section(kind: Kind, user: User | AnonymousUser) -> Section:
    rows = kind.rows()
    return Section(
        kind=kind,
        items=[kind.item(row) for row in rows[:SHOWN]],
        count=rows.count(),
        may_act=user.has_perm(kind.change),
    )


def resolve_item(code: str, key: str, *, user: User | AnonymousUser) -> bool:
    """Perform a kind's action for one row. False if it is resolved already or not permitted.

    Raises GatewayUnavailable, GatewayRefused, RefundRefused, CaptureRefused, DispatchRefused or
    IllegalMove; the item stays in the queue then.
    """
    kind = next((kind for kind in KINDS if kind.code == code), None)
    if kind is None or not user.has_perm(kind.change):
        return False
    try:
        row = kind.rows().filter(pk=key).first()
    except (ValueError, ValidationError):  # not a key of that kind
        return False
    if row is None:
        return False
    kind.resolve(row)
    return True


# --- Actions --------------------------------------------------------------------------------------


def _settle_open_attempt(attempt: PaymentAttempt) -> None:
    if attempt.intent_id:
        settle.settle(attempt.intent_id)
    else:
        cancel.cancel(attempt, reason="not paid in time")


def _rerun_task(row: DBTaskResult) -> None:
    """Enqueue a failed task again and delete the failed run. Tasks are idempotent."""
    values = row.args_kwargs
    import_string(row.task_path).enqueue(*values["args"], **values["kwargs"])
    row.delete()


def _retry_event(row: StripeEvent) -> None:
    row.progress, row.attempts = StripeEvent.Progress.WAITING, 0
    row.save(update_fields=["progress", "attempts"])
    webhooks.process_event(row.event_id)


def _cancel_and_refund(attempt: PaymentAttempt) -> None:
    if attempt.state == State.REVIEW:
        attempt = review.schedule_review_refund(attempt.pk)
    if attempt.state == State.REVIEW:
        captures.void_authorisation(attempt, reason="payment differed from the order")
    refunds.send_refunds(attempt)


def _retry_refund(request: RefundRequest) -> None:
    if attempt := refunds.retry_refund(request.pk):
        refunds.send_refunds(attempt)


def _retry_capture(request: CaptureRequest) -> None:
    if attempt := captures.retry_capture(request.pk):
        captures.send_captures(attempt)


def _capture_authorised(attempt: PaymentAttempt) -> None:
    if not attempt.captures.filter(progress=Progress.DUE).exists():
        captures.request_capture(attempt.pk)
    captures.send_captures(attempt)


# --- Rows -----------------------------------------------------------------------------------------


def late_attempts(*, at: datetime | None = None) -> QuerySet[PaymentAttempt]:
    """Open attempts that expired more than ten minutes ago. A bank may take days."""
    late = (at or timezone.now()) - timedelta(minutes=10)
    rows = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lt=late)
    return rows.select_related("order").prefetch_related("moves").order_by("expires_at")


def failed_tasks() -> QuerySet[DBTaskResult]:
    """Failed runs, newest first, except search indexing of objects deleted meanwhile."""
    is_index = Q(task_path__startswith="wagtail.") | Q(task_path__startswith="modelsearch.")
    return (
        DBTaskResult.objects.failed()
        .exclude(is_index, exception_class_path__endswith=".DoesNotExist")
        .order_by("-finished_at")
    )


def _task_item(row: DBTaskResult) -> WorkItem:
    return WorkItem(str(row.pk), row.task_path, row.exception_class_path, row.finished_at)


def _job_item(job: Any) -> WorkItem:
    since = job.ended_at or job.enqueued_at or job.created_at
    return WorkItem(job.id, job.func_name, redis_failures.exception_name(job), since)


def _attempt_item(attempt: PaymentAttempt) -> WorkItem:
    order, last = attempt.order, max(attempt.moves.all(), key=lambda move: move.pk, default=None)
    amount = format_money(attempt.amount, attempt.currency)
    title = f"{amount}: {attempt.get_state_display()}"
    detail = last.reason if last else ""
    if attempt.state == State.REVIEW and attempt.money_taken:
        hint = _("You can accept it on the order’s page.")
        detail = f"{detail}. {hint}"
    return WorkItem(str(attempt.pk), title, detail, attempt.updated_at, order.number)


def _refund_item(request: RefundRequest) -> WorkItem:
    order = request.attempt.order
    title = f"{format_money(request.amount, request.attempt.currency)}: {request.reason}"
    return WorkItem(str(request.pk), title, request.last_error, request.created_at, order.number)


def _capture_item(request: CaptureRequest) -> WorkItem:
    title = format_money(request.amount, request.attempt.currency)
    return WorkItem(
        str(request.pk), title, request.last_error, request.created_at, request.attempt.order.number
    )


def _authorisation_item(attempt: PaymentAttempt) -> WorkItem:
    title = format_money(attempt.amount, attempt.currency)
    return WorkItem(str(attempt.pk), title, _("expires"), attempt.held_until, attempt.order.number)


KINDS = (
    Kind(
        code="payment",
        label=gettext_lazy("Payments that need a decision"),
        action=gettext_lazy("Cancel and refund"),
        view="checkout.view_paymentattempt",
        change="checkout.add_refundrequest",
        rows=lambda: (
            PaymentAttempt.objects.filter(state__in=(State.REVIEW, State.REFUND_DUE))
            .exclude(refunds__progress=Progress.FAILED)
            .select_related("order")
            .prefetch_related("moves")
        ),
        item=_attempt_item,
        resolve=_cancel_and_refund,
        sends_money=True,
    ),
    Kind(
        code="open",
        label=gettext_lazy("Overdue payments"),
        action=gettext_lazy("Check with the payment provider"),
        view="checkout.view_paymentattempt",
        change="checkout.change_paymentattempt",
        rows=late_attempts,
        item=_attempt_item,
        resolve=_settle_open_attempt,
    ),
    Kind(
        code="dispute",
        label=gettext_lazy("Disputed payments"),
        action=gettext_lazy("Check with the payment provider"),
        view="checkout.view_paymentattempt",
        change="checkout.change_paymentattempt",
        rows=lambda: Dispute.objects.exclude(status__in=Dispute.ENDED).select_related(
            "attempt__order"
        ),
        item=lambda row: WorkItem(
            str(row.pk),
            f"{format_money(row.amount, row.attempt.currency)}: {row.words}",
            row.reason,
            row.created_at,
            row.attempt.order.number,
        ),
        resolve=lambda row: disputes.mirror_disputes(row.attempt.intent_id),
    ),
    Kind(
        code="refund",
        label=gettext_lazy("Failed refunds"),
        action=gettext_lazy("Retry the refund"),
        view="checkout.view_paymentattempt",
        change="checkout.change_refundrequest",
        rows=lambda: (  # Not due if other refunds have returned everything.
            RefundRequest.objects.filter(progress=Progress.FAILED)
            .exclude(attempt__state=State.REFUNDED)
            .select_related("attempt__order")
        ),
        item=_refund_item,
        resolve=_retry_refund,
        sends_money=True,
    ),
    Kind(
        code="capture",
        label=gettext_lazy("Failed captures"),
        action=gettext_lazy("Retry the capture"),
        view="checkout.view_paymentattempt",
        change="checkout.change_capturerequest",
        rows=lambda: CaptureRequest.objects.filter(
            progress=Progress.FAILED, attempt__state=State.AUTHORISED
        ).select_related("attempt__order"),
        item=_capture_item,
        resolve=_retry_capture,
    ),
    Kind(
        code="hold",
        label=gettext_lazy("Authorisations that expire within two days"),
        action=gettext_lazy("Capture now"),
        view="checkout.view_paymentattempt",
        change="checkout.add_capturerequest",
        rows=captures.expiring_authorisations,
        item=_authorisation_item,
        resolve=_capture_authorised,
    ),
    Kind(
        code="unmatched",
        label=gettext_lazy("Payments without an order"),
        action=gettext_lazy("Refund"),
        view="checkout.view_stripeevent",
        change="checkout.add_refundrequest",
        rows=lambda: StripeEvent.objects.filter(
            progress=StripeEvent.Progress.PARKED, type=unmatched.UNMATCHED
        ),
        item=lambda row: WorkItem(str(row.pk), row.object_id, row.last_error, row.received_at),
        resolve=unmatched.refund_unmatched,
        sends_money=True,
    ),
    Kind(
        code="event",
        label=gettext_lazy("Failed events from the payment provider"),
        action=gettext_lazy("Process again"),
        view="checkout.view_stripeevent",
        change="checkout.change_stripeevent",
        rows=lambda: StripeEvent.objects.filter(progress=StripeEvent.Progress.PARKED).exclude(
            type=unmatched.UNMATCHED
        ),
        item=lambda row: WorkItem(
            str(row.pk), f"{row.type} {row.object_id}", row.last_error, row.received_at
        ),
        resolve=_retry_event,
    ),
    Kind(
        code="provision",
        label=gettext_lazy("Downloads and gift cards that weren’t provided"),
        action=gettext_lazy("Provide again"),
        view="order.change_order",
        change="order.change_order",
        rows=provision.refused_orders,
        item=lambda row: WorkItem(
            str(row.pk),
            format_money(row.total_incl_tax, row.currency),
            row.reason,
            row.since,
            row.number,
        ),
        resolve=lambda row: provision.provide_or_note(row.pk),
    ),
    Kind(
        code="mail",
        label=gettext_lazy("Emails that weren’t sent"),
        action=gettext_lazy("Send again"),
        view="commerce.view_outgoingmail",
        change="commerce.change_outgoingmail",
        rows=lambda: OutgoingMail.objects.for_staff().filter(state=OutgoingMail.State.PARKED),
        item=lambda row: WorkItem(
            str(row.pk), f"{row.subject} → {row.to}", row.last_error, row.created_at
        ),
        resolve=lambda row: send_parked_again(row.pk),
    ),
    Kind(
        code="task",
        label=gettext_lazy("Failed background tasks"),
        action=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=failed_tasks,
        item=_task_item,
        resolve=_rerun_task,
    ),
    Kind(
        code="job",
        label=gettext_lazy("Failed background tasks of the Redis queue"),
        action=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=redis_failures.FailedJobs,
        item=_job_item,
        resolve=redis_failures.requeue,
    ),
)
