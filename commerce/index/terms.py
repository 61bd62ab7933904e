"""The terms of one listing, the sets it belongs to, as one text. Pure, no ORM.

In memory they are ``{(kind, value): (label, weight)}``. Only words have a weight above the lowest;
words have no label.
"""

import json
from collections.abc import Mapping, Sequence, Set

TermKey = tuple[str, str]

WORD = "word"
#: Where a word occurs: in a text, in the name of a category or filter, in the title.
TEXT, KNOWN, TITLE = 0, 1, 2

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_text(words: Sequence[Set[str]], others: Mapping[TermKey, str]) -> str:
    """The text of a listing's terms; independent of their order.

    ``words`` are three sets, by weight; each word counts with its greatest weight. ``others`` is
    ``{(kind, value): label}``.
    """
    in_text, known, titled = words
    by_weight = in_text - known - titled, known - titled, titled
    labelled = sorted((*key, label) for key, label in others.items())
    parts = [*(" ".join(sorted(of_weight)) for of_weight in by_weight), labelled]
    return _encode(parts)


def terms_in(text: str | None) -> dict[TermKey, tuple[str, int]]:
    """The terms of a text; none for an empty one."""
    words, others = split_terms(text)
    terms = {(kind, value): (label, TEXT) for kind, value, label in others}
    for weight, of_weight in enumerate(words):
        terms.update(dict.fromkeys([(WORD, word) for word in of_weight], ("", weight)))
    return terms


def split_terms(text: str | None) -> tuple[Sequence[list[str]], list[tuple[str, str, str]]]:
    """The terms of a text as ``(words by weight, [(kind, value, label)])``."""
    if not text:
        return ([], [], []), []
    *words, others = json.loads(text)
    return [of_weight.split() for of_weight in words], others
