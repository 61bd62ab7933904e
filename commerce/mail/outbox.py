"""Mail that leaves exactly once for each event, through the queue, and never fails a request.

A mail is a row first (``OutgoingMail``, unique by what it is about), written in the transaction of
the event. A task sends it after the commit; a mail server that is down means another attempt
later, and after the last one the mail is parked where staff see it.
"""

import os
import re
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.db import transaction
from django.db.models import F
from django.template import Context, Engine
from django.utils import timezone
from django_tasks import task

from commerce.models import OutgoingMail

#: Minutes until the next attempt, by the number of attempts made.
RETRY_MINUTES = (1, 5, 15, 60, 240)

#: How long one worker may take over one mail before another may try.
LEASE = timedelta(minutes=5)

#: How long a mail with a code or a link into an account may wait for its mail server. Codes live ten
#: minutes and links an hour; what arrives later only puzzles.
SECRET_LIFETIME = timedelta(hours=1)
#: How the key of a mail begins whose reader is erased: its row goes once it is sent.
LAST = "last:"
#: The fields that hold what a mail says.
TEXTS = ("subject", "body_text", "body_html")

#: Templates that staff edit are rendered here: no loaders, no tag libraries, plain values only.
EDITED_TEMPLATES = Engine(loaders=[], libraries={}, builtins=[], autoescape=True)


def render_edited(source, context):
    """Render a template that staff wrote. The context must hold plain values only."""
    return EDITED_TEMPLATES.from_string(source).render(Context(context))


def queue_mail(*, key, to, subject, text, html="", user=None, is_secret=False):
    """Write one mail to be sent after the commit. The same ``key`` twice sends one mail.

    ``is_secret`` is for mails that let their reader into an account: staff never see them, and the
    text is removed once sent. Returns the row, new or old. Speaks to no mail server.
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
        transaction.on_commit(lambda: send_mail_task.enqueue(mail.pk))
    return mail


def queue_last_mail(*, to, subject, text, html=""):
    """Write a mail to somebody who has been erased: no account is named, and no row stays once sent."""
    key = f"{LAST}{uuid.uuid4().hex}"
    return queue_mail(key=key, to=to, subject=subject, text=text, html=html)


def queue_staff_mail(*, key, subject, text):
    """One mail to the people who run the shop, where ``STAFF_EMAIL`` says who; else None."""
    if not settings.STAFF_EMAIL:
        return None
    return queue_mail(key=key, to=settings.STAFF_EMAIL, subject=subject, text=text)


def send_mail(mail_id, *, at=None):
    """Send a waiting mail; does nothing where it was sent, is parked, or another worker has it.

    The mail is claimed by a lease, not by a lock: a mail server may take its time, and no
    transaction of the shop may wait for it. A worker killed between sending and writing so leaves
    the one case in which a mail goes out twice, with the same Message-ID.
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
    except Exception as error:  # noqa: BLE001  whatever a mail server does, the mail stays
        _note_failure(mail, error, at=at)
    else:
        mail.state, mail.sent_at, mail.last_error = OutgoingMail.State.SENT, at, ""
        if mail.is_secret:
            mail.forget_secret()
        if mail.key.startswith(LAST):
            mail.delete()
            return
    mail.save(update_fields=["state", "sent_at", "last_error", "next_attempt_at", *TEXTS])


def _claim(mail_id, *, at):
    """The mail, if it is due and nobody else took it; its next attempt then lies after the lease."""
    claimed = OutgoingMail.objects.filter(
        pk=mail_id, state=OutgoingMail.State.WAITING, next_attempt_at__lte=at
    ).update(next_attempt_at=at + LEASE, attempts=F("attempts") + 1)
    return OutgoingMail.objects.get(pk=mail_id) if claimed else None


def _note_failure(mail, error, *, at):
    mail.last_error = f"{type(error).__name__}: {error}"[:2000]
    if mail.attempts >= settings.MAIL_ATTEMPTS:
        mail.state = OutgoingMail.State.PARKED
    minutes = RETRY_MINUTES[min(mail.attempts, len(RETRY_MINUTES)) - 1]
    mail.next_attempt_at = at + timedelta(minutes=minutes)


def _message(mail):
    message = EmailMultiAlternatives(
        mail.subject,
        mail.body_text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        # The same id on every attempt lets a mail server drop a repeated one.
        headers={"Message-ID": f"<{mail.pk}.{mail.created_at:%Y%m%d%H%M%S}@vitrine>"},
    )
    if mail.body_html:
        message.attach_alternative(mail.body_html, "text/html")
    return message


def send_waiting_mail(*, at=None):
    """Send every mail whose next attempt is due. Returns how many were tried."""
    at = at or timezone.now()
    expire_secrets(at=at)
    due = OutgoingMail.objects.filter(
        state=OutgoingMail.State.WAITING, next_attempt_at__lte=at
    ).order_by("next_attempt_at")
    ids = list(due.values_list("pk", flat=True)[:200])
    for mail_id in ids:
        send_mail(mail_id, at=at)
    return len(ids)


def expire_secrets(*, at=None):
    """Give up secret mails that waited too long, and remove what they said. Returns how many."""
    at = at or timezone.now()
    overdue = OutgoingMail.objects.filter(is_secret=True, created_at__lt=at - SECRET_LIFETIME)
    mails = list(overdue.exclude(state__in=[OutgoingMail.State.SENT, OutgoingMail.State.EXPIRED]))
    for mail in mails:
        mail.state = OutgoingMail.State.EXPIRED
        mail.forget_secret()
        mail.save(update_fields=["state", *TEXTS])
    return len(mails)


def send_parked_again(mail_id):
    """Give a parked mail a fresh set of attempts, beginning now."""
    OutgoingMail.objects.filter(pk=mail_id, state=OutgoingMail.State.PARKED).update(
        state=OutgoingMail.State.WAITING, attempts=0, next_attempt_at=timezone.now()
    )
    send_mail(mail_id)


class ReadableFileBackend(FileBackend):
    """Writes each mail as one ``.eml`` file and, beside it, the page a person can open.

    Mails contain links that open orders and accounts, so only the site's own user can read the files.
    """

    def send_messages(self, messages):
        for message in messages:
            self._write(message)
        return len(messages)

    def _write(self, message):
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
def send_mail_task(mail_id):
    """Send one mail (see ``send_mail``)."""
    send_mail(mail_id)


@task()
def send_waiting_mail_task():
    """Send what is due: mails whose first attempt failed, or whose task was lost."""
    send_waiting_mail()
