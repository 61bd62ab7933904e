from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from demo.payments import write_payments


class Command(BaseCommand):
    help = (
        "Load the payments of the demo shop's past orders into the demo gateway, so that they can be "
        "refunded. Only adds what is missing; does nothing if Stripe's keys are set."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STRIPE_SECRET_KEY:
            return
        with transaction.atomic():
            written = write_payments()
        if written and options["verbosity"]:
            self.stdout.write(f"{written} payments of past orders written.")
