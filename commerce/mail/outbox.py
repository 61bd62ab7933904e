"""Mail outbox: each event's mail is queued exactly once and delivered at least once.

A mail is first a row (``OutgoingMail``, unique by event), written in the event's transaction. A
task sends it after the commit. If the mail server fails, the task retries later; after the last
attempt the mail is parked for staff. Sending never fails a request.
"""

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.db.models import F
from django.template import Context, Engine
from django.utils import timezone
from django_tasks import task

from commerce.models import OutgoingMail, User
from commerce.shop_settings.current import current_shop
from commerce.transactions import enqueue_on_commit

#: Minutes until the next attempt, by the number of attempts made.
RETRY_MINUTES = (1, 5, 15, 60, 240)

#: The time a worker has for one mail before another may try.
LEASE = timedelta(minutes=5)

#: The longest time a mail with a code or a login link may wait. Codes are valid for ten minutes
#: and links for an hour.
SECRET_LIFETIME = timedelta(hours=1)
#: Key prefix of the last mail to an erased person; its row is deleted once sent.
LAST = "last:"
#: The fields with the content of a mail.
TEXTS = ("subject", "body_text", "body_html")

#: Engine for templates edited by staff: no loaders, no tag libraries, plain values only.
EDITED_TEMPLATES = Engine(loaders=[], libraries={}, builtins=[], autoescape=True)


def render_edited(source: str, context: Mapping[str, Any], *, is_html: bool = True) -> str:
    """Render a template edited by staff. The context must contain plain values only."""
    return EDITED_TEMPLATES.from_string(source).render(Context(context, autoescape=is_html))


def queue_mail(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    user: User | None = None,
    is_secret: bool = False,
) -> OutgoingMail:
    """Queue one mail to be sent after the commit. Repeating a ``key`` sends nothing.

    ``is_secret`` marks mails that grant access to an account: staff never see them, and their
    content is removed once sent. Returns the row, new or existing. Does not contact the mail
    server.
    """
    mail, is_new = OutgoingMail.objects.get_or_create(
        key=key or uuid.uuid4().hex,
        defaults={
            "to": to,
            "subject": " ".join(subject.split())[:255],
            "body_text": text,
            "body_html": html,
            "user": user,
            "is_secret": is_secret,
        },
    )
    if is_new:
        enqueue_on_commit(send_mail_task, mail.pk)
    return mail


def queue_last_mail(*, to: str, subject: str, text: str, html: str = "") -> OutgoingMail:
    """Queue a mail to an erased person: it names no account, and its row is deleted once sent."""
    key = f"{LAST}{uuid.uuid4().hex}"
    return queue_mail(key=key, to=to, subject=subject, text=text, html=html)


def queue_staff_mail(*, key: str, subject: str, text: str) -> OutgoingMail | None:
    """Queue a mail to ``STAFF_EMAIL``; None if that is not set."""
    if not settings.STAFF_EMAIL:
        return None
    return queue_mail(key=key, to=settings.STAFF_EMAIL, subject=subject, text=text)


def send_mail(mail_id: int, *, at: datetime | None = None) -> None:
    """Send a waiting mail; does nothing if it is sent, parked or claimed by another worker.

    The claim is a lease, not a lock, so no transaction waits for the mail server. If a worker dies
    between sending and saving, the mail is sent twice, with the same Message-ID.
    """
    at = at or timezone.now()
    mail = _claim(mail_id, at=at)
    if mail is None:
        return
    if mail.is_secret and mail.created_at < at - SECRET_LIFETIME:
        expire_secrets(at=at)
        return
    try:
        _message(mail).send()
    except Exception as error:  # noqa: BLE001  on any error the mail is retried
        _record_failure(mail, error, at=at)
    else:
        mail.state, mail.sent_at, mail.last_error = OutgoingMail.State.SENT, at, ""
        if mail.is_secret:
            mail.forget_secret()
        if mail.key.startswith(LAST):
            mail.delete()
            return
    mail.save(update_fields=["state", "sent_at", "last_error", "next_attempt_at", *TEXTS])


def _claim(mail_id: int, *, at: datetime) -> OutgoingMail | None:
    """Claim the mail if it is due and not claimed; its next attempt is then after the lease."""
    claimed = OutgoingMail.objects.filter(
        pk=mail_id, state=OutgoingMail.State.WAITING, next_attempt_at__lte=at
    ).update(next_attempt_at=at + LEASE, attempts=F("attempts") + 1)
    return OutgoingMail.objects.get(pk=mail_id) if claimed else None


def _record_failure(mail: OutgoingMail, error: Exception, *, at: datetime) -> None:
    mail.last_error = f"{type(error).__name__}: {error}"[:2000]
    if mail.attempts >= settings.MAIL_ATTEMPTS:
        mail.state = OutgoingMail.State.PARKED
    minutes = RETRY_MINUTES[min(mail.attempts, len(RETRY_MINUTES)) - 1]
    mail.next_attempt_at = at + timedelta(minutes=minutes)


def sender() -> str:
    """From whom mails are: the shop's name at the address of ``DEFAULT_FROM_EMAIL``."""
    return formataddr((current_shop().name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        mail.subject,
        mail.body_text,
        from_email=sender(),
        to=[mail.to],
        # The same ID on every attempt lets mail servers drop duplicates.
        headers={"Message-ID": f"<{mail.pk}.{mail.created_at:%Y%m%d%H%M%S}@vitrine>"},
    )
    if mail.body_html:
        message.attach_alternative(mail.body_html, "text/html")
    return message


def send_waiting_mail(*, at: datetime | None = None) -> int:
    """Send every mail whose next attempt is due. Returns the number of attempts."""
    at = at or timezone.now()
    expire_secrets(at=at)
    due = OutgoingMail.objects.filter(
        state=OutgoingMail.State.WAITING, next_attempt_at__lte=at
    ).order_by("next_attempt_at")
    ids = list(due.values_list("pk", flat=True)[:200])
    for mail_id in ids:
        send_mail(mail_id, at=at)
    return len(ids)


def expire_secrets(*, at: datetime | None = None) -> int:
    """Expire secret mails that waited too long and remove their content. Returns how many."""
    at = at or timezone.now()
    overdue = OutgoingMail.objects.filter(is_secret=True, created_at__lt=at - SECRET_LIFETIME)
    mails = list(overdue.exclude(state__in=[OutgoingMail.State.SENT, OutgoingMail.State.EXPIRED]))
    for mail in mails:
        mail.state = OutgoingMail.State.EXPIRED
        mail.forget_secret()
        mail.save(update_fields=["state", *TEXTS])
    return len(mails)


def send_parked_again(mail_id: int) -> None:
    """Unpark a mail, reset its attempts and send it now."""
    OutgoingMail.objects.filter(pk=mail_id, state=OutgoingMail.State.PARKED).update(
        state=OutgoingMail.State.WAITING, attempts=0, next_attempt_at=timezone.now()
    )
    send_mail(mail_id)


class ReadableFileBackend(FileBackend):
    """Writes each mail as an ``.eml`` file, with its HTML part as a separate file.

    Mails contain links that open orders and accounts, so only the site's user can read the files.
    """

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            self._write(message)
        return len(messages)

    def _write(self, message: EmailMessage) -> None:
        folder = Path(self.file_path)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        subject = re.sub(r"[^a-z0-9]+", "-", message.subject.lower()).strip("-")[:60]
        name = f"{timezone.localtime():%Y%m%d-%H%M%S}-{subject}-{uuid.uuid4().hex[:6]}"
        _write_private(folder / f"{name}.eml", message.message().as_bytes())
        for alternative in getattr(message, "alternatives", []):
            _write_private(folder / f"{name}.html", str(alternative[0]).encode())


def _write_private(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


@task()
def send_mail_task(mail_id: int) -> None:
    """Send one mail (see ``send_mail``)."""
    send_mail(mail_id)


@task()
def send_waiting_mail_task() -> None:
    """Scheduled: send due mails, after failed attempts or lost tasks."""
    send_waiting_mail()
