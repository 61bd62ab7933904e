from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from demo.payments import remember_payments


class Command(BaseCommand):
    help = (
        "Let the demo gateway remember how the past orders of the demo shop were paid, so that they "
        "can be paid back. Adds what is missing; does nothing where Stripe's keys are set."
    )

    def handle(self, *args, **options):
        if settings.STRIPE_SECRET_KEY:
            return
        with transaction.atomic():
            written = remember_payments()
        if written and options["verbosity"]:
            self.stdout.write(f"The payments of {written} past orders are written.")
