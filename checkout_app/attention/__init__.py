"""What went wrong and waits for a person: mails, background tasks, events, and money.

``matters_for`` lists it for the staff page, each matter with the one act that may settle it;
``settle_matter`` does that act. It holds no rule of its own: the acts belong to mail and payments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from checkout_app import payments, webhooks
from checkout_app.models import PaymentAttempt, RefundRequest, State, StripeEvent
from commerce.mail import send_parked_again
from commerce.models import OutgoingMail

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
    return [_section(kind, user) for kind in KINDS if user.has_perm(kind.view)]


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

    Raises GatewayUnavailable or GatewayRefused; the matter waits on then.
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
        attempt = payments.owe_reviewed(attempt.pk)
    payments.pay_refunds(attempt)


def _pay_again(request):
    if attempt := payments.owe_again(request.pk):
        payments.pay_refunds(attempt)


# --- The rows -------------------------------------------------------------------------------------


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


def _attempt_matter(attempt):
    order, last = attempt.order, max(attempt.moves.all(), key=lambda move: move.pk, default=None)
    title = _("%(amount)s %(currency)s: %(state)s") % {
        "amount": attempt.amount,
        "currency": attempt.currency,
        "state": attempt.get_state_display(),
    }
    return Matter(
        str(attempt.pk), title, last.reason if last else "", attempt.updated_at, order.number
    )


def _refund_matter(request):
    order = request.attempt.order
    title = f"{request.amount} {request.attempt.currency}: {request.reason}"
    return Matter(str(request.pk), title, request.last_error, request.created_at, order.number)


KINDS = (
    Kind(
        code="payment",
        label=gettext_lazy("Payments that need a person"),
        act=gettext_lazy("Cancel and pay back"),
        view="checkout.view_paymentattempt",
        change="checkout.add_refundrequest",
        rows=lambda: (
            PaymentAttempt.objects.filter(state__in=(State.REVIEW, State.REFUND_DUE))
            .exclude(refunds__progress=RefundRequest.Progress.FAILED)
            .select_related("order")
            .prefetch_related("moves")
        ),
        matter=_attempt_matter,
        settle=_settle_attempt,
    ),
    Kind(
        code="refund",
        label=gettext_lazy("Refunds that were refused"),
        act=gettext_lazy("Pay back again"),
        view="checkout.view_paymentattempt",
        change="checkout.change_refundrequest",
        rows=lambda: RefundRequest.objects.filter(
            progress=RefundRequest.Progress.FAILED
        ).select_related("attempt__order"),
        matter=_refund_matter,
        settle=_pay_again,
    ),
    Kind(
        code="event",
        label=gettext_lazy("Events of the payment service that were parked"),
        act=gettext_lazy("Look again"),
        view="checkout.view_stripeevent",
        change="checkout.view_stripeevent",
        rows=lambda: StripeEvent.objects.filter(progress=StripeEvent.Progress.PARKED),
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
        change="commerce.view_outgoingmail",
        rows=lambda: OutgoingMail.objects.filter(state=OutgoingMail.State.PARKED),
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
)
