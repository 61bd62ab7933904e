"""Prints docs/permissions.md: every staff page, and what each role may do with it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from commerce.dashboard.permission_report import HEAD, ROLES, make_person, report_lines


class Command(BaseCommand):
    help = "Print every staff page and what each role may do with it. Writes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            people = {role: make_person(role) for role in ROLES}
            text = HEAD + "\n".join(report_lines(people))
            transaction.set_rollback(True)
        self.stdout.write(text)
