import getpass
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from commerce.pricing.countries import COUNTRIES
from home import shop_setup


class Command(BaseCommand):
    help = (
        "Make a clean, empty shop: its address, roles, countries, delivery, drafts of the legal pages, "
        "and the first administrator. Adds what is missing; run again, it changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("--admin", metavar="EMAIL", help="the first administrator's address")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--password-file", metavar="PATH", help="read the password from a file; - is stdin"
        )
        how.add_argument(
            "--mail-link", action="store_true", help="mail a link to set the password instead"
        )
        parser.add_argument(
            "--countries",
            default=settings.DELIVERY_HOME_COUNTRY,
            help="comma-separated codes of the countries to deliver to, the first first",
        )
        parser.add_argument(
            "--delivery-price", default=str(shop_setup.DELIVERY_PRICE), help="of the first method"
        )

    def handle(self, *args, **options):
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
            say("Administrator: none asked for; name one with --admin EMAIL.")

    @staticmethod
    def _countries(text):
        codes = [code.strip().upper() for code in text.split(",") if code.strip()]
        unknown = [code for code in codes if code not in COUNTRIES]
        if unknown or not codes:
            raise CommandError(
                f"Unknown country: {', '.join(unknown) or 'none named'}. "
                f"These are known: {', '.join(COUNTRIES)}."
            )
        return codes

    @staticmethod
    def _price(text):
        try:
            price = Decimal(text).quantize(Decimal("0.01"))
        except InvalidOperation:
            price = None
        if price is None or price < 0:
            raise CommandError(f"--delivery-price must be an amount such as 4.95, not {text!r}.")
        return price

    def _set_up_admin(self, options):
        email = options["admin"]
        try:
            validate_email(email)
            return shop_setup.set_up_admin(email, password=self._password(options))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _password(self, options):
        """The password, or None where a link is mailed. It is never written anywhere."""
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
                "Nobody can be asked for a password: use --password-file or --mail-link."
            )
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("The same again: "):
            raise CommandError("The two passwords differ.")
        return password
