"""Barcodes of products: GTIN (UPC, EAN) and ISBN."""

import re


def is_barcode(text: str) -> bool:
    """Whether a text is a GTIN (UPC, EAN) or an ISBN with its check digit."""
    if re.fullmatch(r"\d{9}[\dX]", text):
        digits = [10 if sign == "X" else int(sign) for sign in text]
        return sum((10 - n) * digit for n, digit in enumerate(digits)) % 11 == 0
    return is_gtin(text)


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN of 8, 12, 13 or 14 digits with its check digit."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", text, re.ASCII):
        return False
    return sum(int(sign) * (3 if n % 2 else 1) for n, sign in enumerate(reversed(text))) % 10 == 0
