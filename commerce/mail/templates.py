"""The texts of mails: files in templates/emails, or templates edited in the dashboard."""

import logging
from typing import Any

from django.template import Context, Engine
from django.utils.html import strip_tags
from oscar.core.loading import get_model

from commerce.mail.outbox import render_edited
from commerce.shop_settings.current import current_shop
from commerce.shop_values.palette import scheme_of

logger = logging.getLogger(__name__)

PARTS = {
    "subject": ("email_subject_template", "emails/{code}_subject.txt"),
    "body": ("email_body_template", "emails/{code}_body.txt"),
    "html": ("email_body_html_template", "emails/{code}_body.html"),
}


def messages_for(code: str, context: dict[str, Any]) -> dict[str, str]:
    """Subject, text and HTML of a mail, ``{"subject", "body", "html", "sms"}``.

    A part edited by staff replaces the file, unless it fails to render: a broken template must not
    stop an order. If only the HTML was edited, the text is derived from it, so that both agree.
    """
    edited = get_model("communication", "CommunicationEventType").objects.filter(code=code).first()
    messages = {"sms": ""}
    context = {"colours": mail_colours(), **context}
    for part, (attribute, file_name) in PARTS.items():
        source = getattr(edited, attribute, None) if edited else None
        is_html = part == "html"
        written = _rendered(source, context, code, is_html=is_html) if source else None
        if written is None:
            written = _from_file(file_name.format(code=code.lower()), context, is_html=is_html)
        messages[part] = written
    if edited and edited.email_body_html_template and not edited.email_body_template:
        messages["body"] = strip_tags(messages["html"])
    messages["subject"] = " ".join(messages["subject"].split())
    return messages


def mail_colours() -> dict[str, str]:
    """The shop's light colours by token, for style attributes: mail clients know no custom properties."""
    tokens = scheme_of(current_shop().light, is_dark=False)
    return {name.replace("-", "_"): value for name, value in tokens.items()}


def _from_file(name: str, context: dict[str, Any], *, is_html: bool) -> str:
    """Render a file. Subjects and plain texts have no markup, so nothing is escaped in them."""
    template = Engine.get_default().get_template(name)
    return template.render(Context(context, autoescape=is_html))


def _rendered(source: str, context: dict[str, Any], code: str, *, is_html: bool) -> str | None:
    """Render an edited template; None, with a log entry, if that fails."""
    try:
        return render_edited(source, context, is_html=is_html)
    except Exception:  # templates can raise anything
        logger.exception("the edited template of %s cannot be rendered; the file was used", code)
        return None
