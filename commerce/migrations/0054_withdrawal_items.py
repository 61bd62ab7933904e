"""Renames ``Withdrawal.pieces`` to ``items``, in the table and in mail templates edited by staff."""

import re

from django.db import migrations, models

#: Matches the names of a template's variables, but only inside its tags.
TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
NAMES = (("return_pieces", "return_items"), ("pieces", "items"), ("piece", "item"))
TEXTS = ("email_subject_template", "email_body_template", "email_body_html_template")


def _renamed(text, names):
    for old, new in names:
        text = TAG.sub(lambda tag, old=old, new=new: re.sub(rf"\b{old}\b", new, tag[0]), text)
    return text


def rename(apps, names):
    for row in apps.get_model("communication", "CommunicationEventType").objects.all():
        before = {name: getattr(row, name) for name in TEXTS}
        after = {name: _renamed(text, names) if text else text for name, text in before.items()}
        if after != before:
            for name, text in after.items():
                setattr(row, name, text)
            row.save(update_fields=list(TEXTS))


def forwards(apps, schema_editor):
    rename(apps, NAMES)


def backwards(apps, schema_editor):
    rename(apps, [(new, old) for old, new in NAMES])


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0053_cards_hold_data"),
        ("communication", "0004_auto_20200801_0817"),
    ]

    operations = [
        migrations.RenameField("withdrawal", "pieces", "items"),
        migrations.AlterField(
            "withdrawal", "items", models.TextField(blank=True, verbose_name="items")
        ),
        migrations.RunPython(forwards, backwards),
    ]
