"""VAT identification numbers: their form and check digits. Pure.

Whether a number is in use only the tax authorities know; the EU's register is VIES.
"""

from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

#: Prefixes of numbers under which sellers pay for other countries: they are no customer's.
SCHEMES = ("EU", "IM")


def checked_vat_number(number: str) -> str:
    """The number in its compact form with its country's prefix: "DE136695976".

    Raises ValueError if it has no known prefix, or its form or check digits are wrong.
    """
    text = "".join(character for character in number.upper() if character.isalnum())
    try:
        if text.startswith("GB"):
            return f"GB{british.validate(text)}"
        if text.startswith("CHE"):
            return str(swiss.validate(text.removesuffix(_swiss_suffix(text))))
        if text.startswith("NO"):
            return f"NO{norwegian.validate(text)}"
        if text.startswith(SCHEMES):
            raise ValueError(number)
        return str(european.validate(text))
    except ValidationError:
        raise ValueError(number) from None


def _swiss_suffix(text: str) -> str:
    """What the Swiss add to a number of a VAT payer, in one of their languages; "" without it."""
    return next((tax for tax in ("MWST", "TVA", "IVA", "TPV") if text.endswith(tax)), "")


def country_of_vat_number(number: str) -> str:
    """The country of a checked number: Greek ones begin with "EL", Northern Irish ones with "XI"."""
    return "GR" if number.startswith("EL") else number[:2]
