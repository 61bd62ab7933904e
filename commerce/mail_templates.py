"""What a mail says: the files in templates/emails, or the text that staff wrote in the dashboard."""

from django.template.loader import render_to_string
from django.utils.html import strip_tags
from oscar.core.loading import get_model

from commerce.mail import render_edited

PARTS = {
    "subject": ("email_subject_template", "emails/{code}_subject.txt"),
    "body": ("email_body_template", "emails/{code}_body.txt"),
    "html": ("email_body_html_template", "emails/{code}_body.html"),
}


def messages_for(code, context):
    """Subject, text and HTML of a mail, ``{"subject", "body", "html", "sms"}``.

    A part that staff wrote replaces the file of that part. A mail whose HTML alone was edited gets
    its text from it, so that both say the same.
    """
    edited = get_model("communication", "CommunicationEventType").objects.filter(code=code).first()
    messages = {"sms": ""}
    for part, (attribute, file_name) in PARTS.items():
        source = getattr(edited, attribute, None) if edited else None
        messages[part] = (
            render_edited(source, context)
            if source
            else render_to_string(file_name.format(code=code.lower()), context)
        )
    if edited and edited.email_body_html_template and not edited.email_body_template:
        messages["body"] = strip_tags(messages["html"])
    messages["subject"] = " ".join(messages["subject"].split())
    return messages
