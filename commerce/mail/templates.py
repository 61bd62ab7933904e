"""What a mail says: the files in templates/emails, or the text that staff wrote in the dashboard."""

import logging

from django.template.loader import render_to_string
from django.utils.html import strip_tags
from oscar.core.loading import get_model

from commerce.mail.outbox import render_edited

logger = logging.getLogger(__name__)

PARTS = {
    "subject": ("email_subject_template", "emails/{code}_subject.txt"),
    "body": ("email_body_template", "emails/{code}_body.txt"),
    "html": ("email_body_html_template", "emails/{code}_body.html"),
}


def messages_for(code, context):
    """Subject, text and HTML of a mail, ``{"subject", "body", "html", "sms"}``.

    A part that staff wrote replaces the file of that part, unless it cannot be rendered: an order
    must not wait for a template to be mended. A mail whose HTML alone was edited gets its text
    from it, so that both say the same.
    """
    edited = get_model("communication", "CommunicationEventType").objects.filter(code=code).first()
    messages = {"sms": ""}
    for part, (attribute, file_name) in PARTS.items():
        source = getattr(edited, attribute, None) if edited else None
        written = _rendered(source, context, code) if source else None
        messages[part] = (
            render_to_string(file_name.format(code=code.lower()), context)
            if written is None
            else written
        )
    if edited and edited.email_body_html_template and not edited.email_body_template:
        messages["body"] = strip_tags(messages["html"])
    messages["subject"] = " ".join(messages["subject"].split())
    return messages


def _rendered(source, context, code):
    """What staff wrote, rendered; None, and a line in the log, where that fails."""
    try:
        return render_edited(source, context)
    except Exception:  # a template can raise anything
        logger.exception("the edited template of %s cannot be rendered; the file was used", code)
        return None
