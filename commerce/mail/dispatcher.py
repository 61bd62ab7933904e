"""Oscar's mail dispatcher, connected to the outbox."""

from collections.abc import Mapping
from typing import Any

from django.contrib.sites.models import Site
from oscar.apps.communication.utils import Dispatcher as OscarDispatcher
from oscar.core.loading import get_model

from commerce.mail.outbox import queue_mail
from commerce.mail.templates import messages_for
from commerce.models import OutgoingMail, User


class Dispatcher(OscarDispatcher):
    """Queues all mail in the outbox and renders templates with plain values only.

    ``messages["key"]`` identifies the event that a mail is about: each event is mailed once.
    Without it, repeating the event sends the mail again.
    """

    def send_email_messages(
        self,
        recipient_email: str,
        messages: Mapping[str, str],
        from_email: str | None = None,
        attachments: Any = None,
        user: User | None = None,
    ) -> OutgoingMail:
        return queue_mail(
            key=messages.get("key", ""),
            to=recipient_email,
            subject=messages["subject"],
            text=messages["body"],
            html=messages["html"],
            user=user,
        )

    def send_user_email_messages(
        self, user: User, messages: Mapping[str, str], attachments: Any = None
    ) -> OutgoingMail | None:
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

    def get_base_context(self, **kwargs: Any) -> dict[str, Any]:
        """The context without objects through which a template could read secrets."""
        plain = {key: value for key, value in kwargs.items() if key not in ("user", "request")}
        site = Site.objects.get_current()
        return {**plain, "site": {"name": site.name, "domain": site.domain}}

    def get_messages(
        self, event_code: str, extra_context: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        return messages_for(event_code, self.get_base_context(**(extra_context or {})))
