"""Telephone numbers: read as people of a country write them, stored as E.164."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from commerce.addresses.countries import country_name


def parse_phone(text: str, country: str) -> PhoneNumber:
    """The number that a person in the country means: national, or international with + or 00.

    Accepts numbers of a possible length that no operator is known to have: numbering plans change
    faster than the library. Raises ValidationError with a number of that country as an example.
    """
    tries = [text, f"+{text.strip()[2:]}"] if text.strip().startswith("00") else [text]
    for candidate in tries:
        try:
            number = phonenumbers.parse(candidate, country or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
            # Without the original text, which would be stored if no operator has the number.
            return PhoneNumber.from_string(
                phonenumbers.format_number(number, PhoneNumberFormat.E164)
            )
    example = phone_example(country)
    message = _("Enter a phone number in full, with the country code: +44 …")
    if example:
        message = _(
            "Enter a phone number of %(country)s, such as %(example)s, or one of another country "
            "with + and its country code."
        ) % {"country": country_name(country), "example": example}
    raise ValidationError(message, code="invalid")


def phone_example(country: str) -> str:
    """A number as people of the country write it, "" if none is known."""
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.FIXED_LINE)
    number = number or phonenumbers.example_number(country)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if number else ""


def phone_text(number: PhoneNumber | str | None, country: str) -> str:
    """The number as people in the country read it: national if it is theirs, else international."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(str(number), country or None)
    except phonenumbers.NumberParseException:
        return str(number)
    is_theirs = parsed.country_code == phonenumbers.country_code_for_region(country)
    style = PhoneNumberFormat.NATIONAL if is_theirs else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)
