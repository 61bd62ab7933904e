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
class Matter:
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
    act: str
    view: str
    change: str
    rows: Callable
    matter: Callable
    settle: Callable


@dataclass(frozen=True)
class Section:
    """A kind as one person sees it."""

    kind: Kind
    matters: list[Matter]
    count: int
    may_act: bool


def sections_for(user):
    """What ``user`` may see of it all; kinds of which nothing waits included."""
    return [_section(kind, user) for kind in KINDS if user.has_perm(kind.view) and _is_used(kind)]


def _is_used(kind):
    """Whether this shop can have such matters at all."""
    return kind.code != "job" or settings.TASK_QUEUE == "redis"


def _section(kind, user):
    rows = kind.rows()
    return Section(
        kind=kind,
        matters=[kind.matter(row) for row in rows[:SHOWN]],
        count=rows.count(),
        may_act=user.has_perm(kind.change),
    )


def settle_matter(code, key, *, user):
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
    kind.settle(row)
    return True


# --- The acts -------------------------------------------------------------------------------------


def _ask_again(attempt):
    if attempt.intent_id:
        payments.settle(attempt.intent_id)
    else:
        cancel.cancel(attempt, reason="not paid in time")


def _run_again(row):
    """Enqueue a failed task anew, and forget the failed run: tasks may run twice."""
    values = row.args_kwargs
    import_string(row.task_path).enqueue(*values["args"], **values["kwargs"])
    row.delete()


def _follow_event(row):
    row.progress, row.attempts = StripeEvent.Progress.WAITING, 0
    row.save(update_fields=["progress", "attempts"])
    webhooks.process_event(row.event_id)


def _settle_attempt(attempt):
    if attempt.state == State.REVIEW:
        attempt = review.owe_reviewed(attempt.pk)
    if attempt.state == State.REVIEW:
        captures.give_up_hold(attempt, reason="payment differed from the order")
    refunds.pay_refunds(attempt)


def _pay_again(request):
    if attempt := refunds.owe_again(request.pk):
        refunds.pay_refunds(attempt)


def _capture_again(request):
    if attempt := captures.capture_again(request.pk):
        captures.send_captures(attempt)


def _take_hold(attempt):
    if not attempt.captures.filter(progress=Progress.DUE).exists():
        captures.ask_capture(attempt.pk)
    captures.send_captures(attempt)


# --- The rows -------------------------------------------------------------------------------------


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


def _task_matter(row):
    return Matter(str(row.pk), row.task_path, row.exception_class_path, row.finished_at)


def _job_matter(job):
    since = job.ended_at or job.enqueued_at or job.created_at
    return Matter(job.id, job.func_name, redis_failures.words_of(job), since)


def _attempt_matter(attempt):
    order, last = attempt.order, max(attempt.moves.all(), key=lambda move: move.pk, default=None)
    amount = format_money(attempt.amount, attempt.currency)
    title = f"{amount}: {attempt.get_state_display()}"
    detail = last.reason if last else ""
    if attempt.state == State.REVIEW and attempt.money_taken:
        hint = _("It can be accepted on the page of the order.")
        detail = f"{detail}. {hint}"
    return Matter(str(attempt.pk), title, detail, attempt.updated_at, order.number)


def _refund_matter(request):
    order = request.attempt.order
    title = f"{format_money(request.amount, request.attempt.currency)}: {request.reason}"
    return Matter(str(request.pk), title, request.last_error, request.created_at, order.number)


def _capture_matter(request):
    title = format_money(request.amount, request.attempt.currency)
    return Matter(
        str(request.pk), title, request.last_error, request.created_at, request.attempt.order.number
    )


def _hold_matter(attempt):
    title = format_money(attempt.amount, attempt.currency)
    return Matter(str(attempt.pk), title, _("ends then"), attempt.held_until, attempt.order.number)


KINDS = (
    Kind(
        code="payment",
        label=gettext_lazy("Payments that need a person"),
        act=gettext_lazy("Cancel and pay back"),
        view="checkout.view_paymentattempt",
        change="checkout.add_refundrequest",
        rows=lambda: (
            PaymentAttempt.objects.filter(state__in=(State.REVIEW, State.REFUND_DUE))
            .exclude(refunds__progress=Progress.FAILED)
            .select_related("order")
            .prefetch_related("moves")
        ),
        matter=_attempt_matter,
        settle=_settle_attempt,
    ),
    Kind(
        code="open",
        label=gettext_lazy("Payments that take longer than they should"),
        act=gettext_lazy("Ask the payment service"),
        view="checkout.view_paymentattempt",
        change="checkout.change_paymentattempt",
        rows=late_attempts,
        matter=_attempt_matter,
        settle=_ask_again,
    ),
    Kind(
        code="dispute",
        label=gettext_lazy("Payments that the customer's bank disputes"),
        act=gettext_lazy("Ask the payment service"),
        view="checkout.view_paymentattempt",
        change="checkout.change_paymentattempt",
        rows=lambda: Dispute.objects.exclude(status__in=Dispute.ENDED).select_related(
            "attempt__order"
        ),
        matter=lambda row: Matter(
            str(row.pk),
            f"{format_money(row.amount, row.attempt.currency)}: {row.words}",
            row.reason,
            row.created_at,
            row.attempt.order.number,
        ),
        settle=lambda row: disputes.mirror_disputes(row.attempt.intent_id),
    ),
    Kind(
        code="refund",
        label=gettext_lazy("Refunds that were refused"),
        act=gettext_lazy("Pay back again"),
        view="checkout.view_paymentattempt",
        change="checkout.change_refundrequest",
        rows=lambda: (  # Once everything went back otherwise, none of them is owed.
            RefundRequest.objects.filter(progress=Progress.FAILED)
            .exclude(attempt__state=State.REFUNDED)
            .select_related("attempt__order")
        ),
        matter=_refund_matter,
        settle=_pay_again,
    ),
    Kind(
        code="capture",
        label=gettext_lazy("Held money that could not be taken"),
        act=gettext_lazy("Take it again"),
        view="checkout.view_paymentattempt",
        change="checkout.change_capturerequest",
        rows=lambda: CaptureRequest.objects.filter(
            progress=Progress.FAILED, attempt__state=State.AUTHORISED
        ).select_related("attempt__order"),
        matter=_capture_matter,
        settle=_capture_again,
    ),
    Kind(
        code="hold",
        label=gettext_lazy("Money that is held for two more days at most"),
        act=gettext_lazy("Take it now"),
        view="checkout.view_paymentattempt",
        change="checkout.add_capturerequest",
        rows=captures.holds_ending,
        matter=_hold_matter,
        settle=_take_hold,
    ),
    Kind(
        code="orphan",
        label=gettext_lazy("Payments without an order"),
        act=gettext_lazy("Pay back"),
        view="checkout.view_stripeevent",
        change="checkout.add_refundrequest",
        rows=lambda: StripeEvent.objects.filter(
            progress=StripeEvent.Progress.PARKED, type=unmatched.ORPHAN
        ),
        matter=lambda row: Matter(str(row.pk), row.object_id, row.last_error, row.received_at),
        settle=unmatched.pay_orphan_back,
    ),
    Kind(
        code="event",
        label=gettext_lazy("Events of the payment service that were parked"),
        act=gettext_lazy("Look again"),
        view="checkout.view_stripeevent",
        change="checkout.change_stripeevent",
        rows=lambda: StripeEvent.objects.filter(progress=StripeEvent.Progress.PARKED).exclude(
            type=unmatched.ORPHAN
        ),
        matter=lambda row: Matter(
            str(row.pk), f"{row.type} {row.object_id}", row.last_error, row.received_at
        ),
        settle=_follow_event,
    ),
    Kind(
        code="mail",
        label=gettext_lazy("Mails that were not sent"),
        act=gettext_lazy("Send again"),
        view="commerce.view_outgoingmail",
        change="commerce.change_outgoingmail",
        rows=lambda: OutgoingMail.objects.for_staff().filter(state=OutgoingMail.State.PARKED),
        matter=lambda row: Matter(
            str(row.pk), f"{row.subject} → {row.to}", row.last_error, row.created_at
        ),
        settle=lambda row: send_parked_again(row.pk),
    ),
    Kind(
        code="task",
        label=gettext_lazy("Background tasks that failed"),
        act=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=failed_tasks,
        matter=_task_matter,
        settle=_run_again,
    ),
    Kind(
        code="job",
        label=gettext_lazy("Background tasks of the Redis queue that failed"),
        act=gettext_lazy("Run again"),
        view="django_tasks_database.view_dbtaskresult",
        change="django_tasks_database.change_dbtaskresult",
        rows=redis_failures.FailedJobs,
        matter=_job_matter,
        settle=redis_failures.run_again,
    ),
)
