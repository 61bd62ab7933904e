"""Registers the shop's domain for wallets."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.gateways.stripe import get_gateway


class Command(BaseCommand):
    help = "Register the domain of SITE_URL at Stripe, as Apple Pay requires. Run it once per mode."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "domain", nargs="?", help="the domain to register instead of SITE_URL's"
        )

    def handle(self, *args: Any, domain: str | None = None, **options: Any) -> None:
        domain = domain or urlsplit(settings.SITE_URL).hostname or ""
        try:
            made = get_gateway().register_domain(domain)
        except (GatewayRefused, GatewayUnavailable) as error:
            raise CommandError(f"{domain} was not registered: {error}") from error
        self.stdout.write(f"{domain} is registered as {made}.")
