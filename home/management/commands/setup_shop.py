import getpass
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from commerce.pricing.countries import COUNTRIES
from commerce.shop_settings.current import current_shop
from home import shop_setup


class Command(BaseCommand):
    help = (
        "Set up an empty shop: site, roles, countries, delivery, drafts of the legal pages and the "
        "first administrator. Only adds what is missing; running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--admin", metavar="EMAIL", help="email address of the first administrator"
        )
        password = parser.add_mutually_exclusive_group()
        password.add_argument(
            "--password-file", metavar="PATH", help="read the password from a file; - is stdin"
        )
        password.add_argument(
            "--mail-link", action="store_true", help="mail a link to set the password instead"
        )
        parser.add_argument(
            "--countries",
            default=current_shop().country,
            help="comma-separated codes of the countries to deliver to",
        )
        parser.add_argument(
            "--delivery-price",
            default=str(shop_setup.DELIVERY_PRICE),
            help="price of standard delivery",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        countries = self._countries(options["countries"])
        price = self._price(options["delivery_price"])
        say = self.stdout.write
        say(shop_setup.set_up_sites())
        say(shop_setup.set_up_roles())
        say(shop_setup.set_up_tax())
        for sentence in shop_setup.set_up_delivery(countries, price=price):
            say(sentence)
        say(shop_setup.set_up_legal_pages())
        if options["admin"]:
            say(self._set_up_admin(options))
        else:
            say("Administrator: not created; use --admin EMAIL to create one.")

    @staticmethod
    def _countries(text: str) -> list[str]:
        codes = [code.strip().upper() for code in text.split(",") if code.strip()]
        unknown = [code for code in codes if code not in COUNTRIES]
        if unknown or not codes:
            raise CommandError(
                f"Unknown country: {', '.join(unknown) or 'no code given'}. "
                f"Known codes: {', '.join(COUNTRIES)}."
            )
        return codes

    @staticmethod
    def _price(text: str) -> Decimal:
        try:
            price = Decimal(text).quantize(Decimal("0.01"))
        except InvalidOperation:
            price = Decimal(-1)
        if price < 0:
            raise CommandError(f"--delivery-price must be an amount such as 4.95, not {text!r}.")
        return price

    def _set_up_admin(self, options: dict[str, Any]) -> str:
        email = options["admin"]
        try:
            validate_email(email)
            return shop_setup.set_up_admin(email, password=self._password(options))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _password(self, options: dict[str, Any]) -> str | None:
        """The password, or None if a link is mailed or the account exists. Never printed."""
        if options["mail_link"] or shop_setup.is_admin(options["admin"]):
            return None
        path = options["password_file"]
        if path == "-":
            return sys.stdin.readline().rstrip("\n")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").rstrip("\n")
            except OSError as error:
                raise CommandError(f"--password-file cannot be read: {error}") from error
        if not sys.stdin.isatty():
            raise CommandError(
                "Cannot ask for a password without a terminal: use --password-file or --mail-link."
            )
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Repeat password: "):
            raise CommandError("The passwords do not match.")
        return password
