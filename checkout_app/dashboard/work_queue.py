"""What went wrong and waits for a person: mails, background tasks, events, and money.

``matters_for`` lists it for the staff page, each matter with the one act that may settle it;
``settle_matter`` does that act. It holds no rule of its own: the acts belong to mail and payments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
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
    unmatched,
    webhooks,
)
from checkout_app.payments import (
    settle as payments,
)
from commerce.mail.outbox import send_parked_again
from commerce.models import OutgoingMail
from commerce.money import format_money

#: Rows of one kind that the page shows; the number above them counts all.
SHOWN = 50


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits: what it is, what was said, since when, and the order it is about."""

    key: str
    title: str
    detail: str
    since: datetime
    order_number: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of matter: who may see it, who may act, and what the act is called."""

    code: str
    label: str
    action: str
    view: str
    change: str
    rows: Callable
    item: Callable
    resolve: Callable


@dataclass(frozen=True)
class Section:
    """A kind as one person sees it."""

    kind: Kind
    items: list[WorkItem]
    count: int
    may_act: bool


def sections_for(user):
    """What ``user`` may see of it all; kinds of which nothing waits included."""
    return [_section(kind, user) for kind in KINDS if user.has_perm(kind.view) and _is_used(kind)]


def _is_used(kind):
    """Whether this shop can have such items at all."""
    return kind.code != "job" or settings.TASK_QUEUE == "redis"


def _section(kind, user):
    rows = kind.rows()
    return Section(
        kind=kind,
        items=[kind.item(row) for row in rows[:SHOWN]],
        count=rows.count(),
        may_act=user.has_perm(kind.change),
    )


def resolve_item(code, key, *, user):
    """Do a kind's act for one of its rows. False where it no longer waits or is not theirs.

    Raises GatewayUnavailable, GatewayRefused, RefundRefused, CaptureRefused or IllegalMove; the
    matter waits on then.
    """
    kind = next((kind for kind in KINDS if kind.code == code), None)
    if kind is None or not user.has_perm(kind.change):
        return False
    try:
        row = kind.rows().filter(pk=key).first()
    except (ValueError, ValidationError):  # no key of that kind
        return False
    if row is None:
        return False
    kind.resolve(row)
    return True


# --- Actions --------------------------------------------------------------------------------------


def _settle_open_attempt(attempt):
    if attempt.intent_id:
        payments.settle(attempt.intent_id)
    else:
        cancel.cancel(attempt, reason="not paid in time")


def _rerun_task(row):
    """Enqueue a failed task anew, and forget the failed run: tasks may run twice."""
    values = row.args_kwargs
    import_string(row.task_path).enqueue(*values["args"], **values["kwargs"])
    row.delete()


def _retry_event(row):
    row.progress, row.attempts = StripeEvent.Progress.WAITING, 0
    row.save(update_fields=["progress", "attempts"])
    webhooks.process_event(row.event_id)


def _cancel_and_refund(attempt):
    if attempt.state == State.REVIEW:
        attempt = review.schedule_review_refund(attempt.pk)
    if attempt.state == State.REVIEW:
        captures.void_authorisation(attempt, reason="payment differed from the order")
    refunds.send_refunds(attempt)


def _retry_refund(request):
    if attempt := refunds.retry_refund(request.pk):
        refunds.send_refunds(attempt)


def _retry_capture(request):
    if attempt := captures.retry_capture(request.pk):
        captures.send_captures(attempt)


def _capture_authorised(attempt):
    if not attempt.captures.filter(progress=Progress.DUE).exists():
        captures.request_capture(attempt.pk)
    captures.send_captures(attempt)


# --- Rows -----------------------------------------------------------------------------------------


def late_attempts(*, at=None):
    """Open attempts that the clock should have ended ten minutes ago; a bank may take days."""
    late = (at or timezone.now()) - timedelta(minutes=10)
    rows = PaymentAttempt.objects.filter(state__in=OPEN_STATES, expires_at__lt=late)
    return rows.select_related("order").prefetch_related("moves").order_by("expires_at")


def failed_tasks():
    """Failed runs, the newest first; not those that came to index a thing deleted meanwhile."""
    is_index = Q(task_path__startswith="wagtail.") | Q(task_path__startswith="modelsearch.")
    return (
        DBTaskResult.objects.failed()
        .exclude(is_index, exception_class_path__endswith=".DoesNotExist")
        .order_by("-finished_at")
    )


def _task_item(row):
    return WorkItem(str(row.pk), row.task_path, row.exception_class_path, row.finished_at)


def _job_item(job):
    since = job.ended_at or job.enqueued_at or job.created_at
    return WorkItem(job.id, job.func_name, redis_failures.exception_name(job), since)


def _attempt_item(attempt):
    order, last = attempt.order, max(attempt.moves.all(), key=lambda move: move.pk, default=None)
    amount = format_money(attempt.amount, attempt.currency)
    title = f"{amount}: {attempt.get_state_display()}"
    detail = last.reason if last else ""
    if attempt.state == State.REVIEW and attempt.money_taken:
        hint = _("It can be accepted on the page of the order.")
        detail = f"{detail}. {hint}"
    return WorkItem(str(attempt.pk), title, detail, attempt.updated_at, order.number)


def _refund_item(request):
    order = request.attempt.order
    title = f"{format_money(request.amount, request.attempt.currency)}: {request.reason}"
    return WorkItem(str(request.pk), title, request.last_error, request.created_at, order.number)


def _capture_item(request):
    title = format_money(request.amount, request.attempt.currency)
    return WorkItem(
        str(request.pk), title, request.last_error, request.created_at, request.attempt.order.number
    )


def _authorisation_item(attempt):
    title = format_money(attempt.amount, attempt.currency)
    return WorkItem(
        str(attempt.pk), title, _("ends then"), attempt.held_until, attempt.order.number
    )


KINDS = (
    Kind(
        code="payment",
        label=gettext_lazy("Payments that need a person"),
        action=gettext_lazy("Cancel and pay back"),
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
    ),
    Kind(
        code="open",
        label=gettext_lazy("Payments that take longer than they should"),
        action=gettext_lazy("Ask the payment service"),
        view="checkout.view_paymentattempt",
        change="checkout.change_paymentattempt",
        rows=late_attempts,
        item=_attempt_item,
        resolve=_settle_open_attempt,
    ),
    Kind(
        code="dispute",
        label=gettext_lazy("Payments that the customer's bank disputes"),
        action=gettext_lazy("Ask the payment service"),
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
        label=gettext_lazy("Refunds that were refused"),
        action=gettext_lazy("Pay back again"),
        view="checkout.view_paymentattempt",
        change="checkout.change_refundrequest",
        rows=lambda: (  # Once everything went back otherwise, none of them is owed.
            RefundRequest.objects.filter(progress=Progress.FAILED)
            .exclude(attempt__state=State.REFUNDED)
            .select_related("attempt__order")
        ),
        item=_refund_item,
        resolve=_retry_refund,
    ),
    Kind(
        code="capture",
        label=gettext_lazy("Held money that could not be taken"),
        action=gettext_lazy("Take it again"),
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
        label=gettext_lazy("Money that is held for two more days at most"),
        action=gettext_lazy("Take it now"),
        view="checkout.view_paymentattempt",
        change="checkout.add_capturerequest",
        rows=captures.expiring_authorisations,
        item=_authorisation_item,
        resolve=_capture_authorised,
    ),
    Kind(
        code="unmatched",
        label=gettext_lazy("Payments without an order"),
        action=gettext_lazy("Pay back"),
        view="checkout.view_stripeevent",
        change="checkout.add_refundrequest",
        rows=lambda: StripeEvent.objects.filter(
            progress=StripeEvent.Progress.PARKED, type=unmatched.UNMATCHED
        ),
        item=lambda row: WorkItem(str(row.pk), row.object_id, row.last_error, row.received_at),
        resolve=unmatched.refund_unmatched,
    ),
    Kind(
        code="event",
        label=gettext_lazy("Events of the payment service that were parked"),
        action=gettext_lazy("Look again"),
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
        code="mail",
        label=gettext_lazy("Mails that were not sent"),
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
        label=gettext_lazy("Background tasks that failed"),
        action=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=failed_tasks,
        item=_task_item,
        resolve=_rerun_task,
    ),
    Kind(
        code="job",
        label=gettext_lazy("Background tasks of the Redis queue that failed"),
        action=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=redis_failures.FailedJobs,
        item=_job_item,
        resolve=redis_failures.requeue,
    ),
)
