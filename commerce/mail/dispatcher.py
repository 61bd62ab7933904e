"""Oscar's dispatcher in front of the outbox."""

from django.contrib.sites.models import Site
from oscar.apps.communication.utils import Dispatcher as OscarDispatcher
from oscar.core.loading import get_model

from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for


class Dispatcher(OscarDispatcher):
    """Sends everything through the queue, and renders with plain values only.

    ``mail_key`` names the event that the next mail is about; without it the mail has no key and
    nothing guards it against being sent for the same event again.
    """

    mail_key = ""

    def send_email_messages(
        self, recipient_email, messages, from_email=None, attachments=None, user=None
    ):
        return queue_mail(
            key=self.mail_key,
            to=recipient_email,
            subject=messages["subject"],
            text=messages["body"],
            html=messages["html"],
            user=user,
        )

    def send_user_email_messages(self, user, messages, attachments=None):
        if not user.email:
            return None
        mail = self.send_email_messages(user.email, messages, user=user)
        get_model("communication", "Email").objects.create(
            user=user,
            email=user.email,
            subject=mail.subject,
            body_text=mail.body_text,
            body_html=mail.body_html,
        )
        return mail

    def get_base_context(self, **kwargs):
        """The context without the objects that would let a template read secrets."""
        plain = {key: value for key, value in kwargs.items() if key not in ("user", "request")}
        site = Site.objects.get_current()
        return {**plain, "site": {"name": site.name, "domain": site.domain}}

    def get_messages(self, event_code, extra_context=None):
        return messages_for(event_code, self.get_base_context(**(extra_context or {})))
