"""Uploads are deleted after two weeks, what imports changed after two months."""

from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.models import ImportFilePart, ImportRow, ImportRun
from commerce.privacy.retention import apply_rules

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def make_run(age):
    run = ImportRun.objects.create(
        kind="customers", profile="plain", file_name="x.csv", state="done",
        created_at=NOW - timedelta(days=age),
    )  # fmt: skip
    ImportFilePart.objects.create(run=run, role="data", position=0, content=b"email")
    ImportRow.objects.create(run=run, position=0, line=2, identity="a@example.com", outcome="new")
    return run


def test_files_rows_and_runs_expire():
    new, old, gone = make_run(13), make_run(15), make_run(61)

    list(apply_rules(at=NOW))

    assert set(ImportFilePart.objects.values_list("run", flat=True)) == {new.pk}
    assert set(ImportRow.objects.values_list("run", flat=True)) == {new.pk, old.pk}
    assert gone.pk not in ImportRun.objects.values_list("pk", flat=True)
