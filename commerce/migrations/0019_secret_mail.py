"""Marks mails with codes or links into accounts as secret, and removes the text of earlier ones."""

from django.db import migrations, models


def forget_old_secrets(apps, schema_editor):
    """Account mails have a key without a colon, because they belong to no event."""
    mails = apps.get_model("commerce", "OutgoingMail").objects.exclude(key__contains=":")
    mails.update(is_secret=True)
    mails.exclude(state="waiting").update(subject="Account mail", body_text="", body_html="")


class Migration(migrations.Migration):
    dependencies = [("commerce", "0018_audit_log")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("send_password_reset", "Can send somebody a link to a new password")
                ],
                "verbose_name": "User",
                "verbose_name_plural": "Users",
            },
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="is_secret",
            field=models.BooleanField(default=False, verbose_name="for its reader's eyes only"),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("sent", "sent"),
                    ("parked", "parked: needs a person"),
                    ("expired", "expired before it could be sent"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RunPython(forget_old_secrets, migrations.RunPython.noop),
    ]
