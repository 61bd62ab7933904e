"""The outbox: one mail per event, retried while the server is down, finally parked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as outbox
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.accounts import mails
from commerce.mail import outbox as mail
from commerce.mail.outbox import (
    queue_mail,
    render_edited,
    send_mail,
    send_parked_again,
    send_waiting_mail,
)
from commerce.mail.templates import messages_for
from commerce.models import OutgoingMail
from commerce.shop_settings.current import current_shop
from tests.factories import set_shop

pytestmark = pytest.mark.django_db(transaction=True)


class DownBackend:
    """A mail server that refuses every connection."""

    def __init__(self, **kwargs):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("mail server is down")


@pytest.fixture
def down(settings):
    settings.EMAIL_BACKEND = "tests.commerce.test_mail.DownBackend"


def queue(key="order_placed:SM-1"):
    return queue_mail(
        key=key, to="ada@example.com", subject="Hello\nthere", text="Text", html="<p>"
    )


def test_same_event_twice_sends_one_mail():
    first, second = queue(), queue()

    assert first.pk == second.pk
    assert len(outbox.outbox) == 1
    assert outbox.outbox[0].subject == "Hello there"
    assert outbox.outbox[0].alternatives[0][1] == "text/html"


def test_sending_a_sent_mail_again_does_nothing():
    sent = queue()

    send_mail(sent.pk)

    assert len(outbox.outbox) == 1


def test_mail_is_delayed_and_not_lost_while_the_server_is_down(down, settings):
    waiting = queue()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "mail server is down" in waiting.last_error

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_waiting_mail() == 0  # not due yet
    assert send_waiting_mail(at=timezone.now() + timedelta(minutes=2)) == 1

    waiting.refresh_from_db()
    assert waiting.state == "sent"
    assert len(outbox.outbox) == 1


def test_mail_of_a_killed_worker_is_delayed_by_the_lease(db):
    waiting = OutgoingMail.objects.create(key="k", to="ada@example.com", subject="S", body_text="T")
    at = timezone.now()
    assert mail._claim(waiting.pk, at=at)  # and then the worker is killed

    send_mail(waiting.pk, at=at)
    assert outbox.outbox == []
    for _round in range(2):
        send_waiting_mail(at=at + mail.LEASE)

    assert len(outbox.outbox) == 1


def test_last_attempt_parks_the_mail_and_staff_resend_it(down, settings):
    parked = queue()
    at = timezone.now()
    for _attempt in range(settings.MAIL_ATTEMPTS):
        at += timedelta(hours=6)
        send_waiting_mail(at=at)
    parked.refresh_from_db()
    assert (parked.state, parked.attempts) == ("parked", settings.MAIL_ATTEMPTS)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_parked_again(parked.pk)

    parked.refresh_from_db()
    assert parked.state == "sent"


@pytest.mark.parametrize("is_edited", [False, True])
def test_only_the_html_of_a_mail_is_escaped(shop, is_edited):
    set_shop(name="North & <b>Sons</b>")
    if is_edited:
        get_model("communication", "CommunicationEventType").objects.create(
            code="order_cancelled", name="Cancelled", category="Order related",
            email_subject_template="{{ number }} at {{ shop_name }}",
            email_body_template="{{ shop_name }}", email_body_html_template="{{ shop_name }}",
        )  # fmt: skip
    context = {"number": "A&1", "shop_name": current_shop().name, "first_name": "O'Neill"}

    parts = messages_for("order_cancelled", context)

    assert "A&1" in parts["subject"]
    assert "North & <b>Sons</b>" in parts["body"]
    assert "&lt;b&gt;" in parts["html"]
    assert "&amp;" not in parts["subject"] + parts["body"]


def test_mails_are_from_the_shop_by_its_name(shop, settings, mailoutbox):
    set_shop(name="North & Sons")
    settings.DEFAULT_FROM_EMAIL = "Old name <orders@shop.example>"
    queue_mail(key="k", to="a@example.com", subject="s", text="t")
    send_waiting_mail()

    assert [mail.from_email for mail in mailoutbox] == ["North & Sons <orders@shop.example>"]


def test_staff_template_sees_only_plain_values():
    text = render_edited(
        "{{ number }} {{ user.password }}{{ request.session }}", {"number": "SM-1"}
    )

    assert text == "SM-1 "


def test_staff_template_cannot_print_its_context():
    assert render_edited("{% debug %}", {"number": "SM-1"}) == ""


@pytest.mark.parametrize("source", ["{% load i18n %}", "{% include 'emails/base.html' %}"])
def test_staff_template_cannot_load_libraries_or_files(source):
    with pytest.raises((TemplateSyntaxError, TemplateDoesNotExist)):
        render_edited(source, {})


SECRET = {
    "key": "",
    "to": "ada@example.com",
    "subject": "506369 is your code",
    "text": "506369",
    "html": "<b>506369</b>",
}


def texts_of(mail):
    mail.refresh_from_db()
    return f"{mail.subject} {mail.body_text} {mail.body_html}"


def test_secret_is_deleted_once_sent(db, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        mail = queue_mail(**SECRET, is_secret=True)

    assert "506369" in mailoutbox[0].body
    assert "506369" not in texts_of(mail)


def test_unsent_secret_expires(db, down, mailoutbox):
    mail = queue_mail(**SECRET, is_secret=True)
    later = timezone.now() + timedelta(minutes=61)

    send_waiting_mail(at=later)

    assert mailoutbox == []
    assert "506369" not in texts_of(mail)
    assert mail.state == OutgoingMail.State.EXPIRED


def test_staff_read_a_mail_without_the_secret_in_its_link(db):
    mail = OutgoingMail(
        body_text="See https://shop.example/your-order/eyJvcmRlciI6MX0:1abcdef:xyz-123/ now"
    )

    assert mail.text_for_staff == "See https://shop.example/your-order/…/ now"


def test_account_mail_has_time_and_place_in_the_shops_language(db, monkeypatch):
    set_shop(language="de")
    moment = datetime(2026, 3, 5, 12, tzinfo=UTC)
    monkeypatch.setattr(mails.timezone, "localtime", lambda: moment)

    messages = mails.account_messages("password_changed", {"ip": "192.0.2.1"})

    for text in (messages["text"], messages["html"]):
        assert "05.03.2026, 12:00, von 192.0.2.1" in text
