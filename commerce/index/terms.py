"""What one listing is found by, as one text: the sets that it is in. Pure, no ORM.

In the program it is ``{(kind, value): (label, weight)}``. Weights tell words apart; everything else has
the least, and words have no label.
"""

import json

WORD = "word"
#: Where a word is: in a text, in the name of a category or filter, in the title.
TEXT, KNOWN, TITLE = 0, 1, 2


def as_text(words, others):
    """The text of a listing's terms; the same terms, in any order, give the same text.

    ``words`` are three sets, by weight; the greatest weight of a word counts. ``others`` is
    ``{(kind, value): label}``.
    """
    in_text, known, titled = words
    by_weight = in_text - known - titled, known - titled, titled
    labelled = sorted((*key, label) for key, label in others.items())
    parts = [*(" ".join(sorted(of_weight)) for of_weight in by_weight), labelled]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def terms_in(text):
    """The terms of a text; none of an empty one."""
    words, others = split_terms(text)
    terms = {(kind, value): (label, TEXT) for kind, value, label in others}
    for weight, of_weight in enumerate(words):
        terms.update(dict.fromkeys([(WORD, word) for word in of_weight], ("", weight)))
    return terms


def split_terms(text):
    """The same as ``(words by their weight, [(kind, value, label)])``; each word has one weight."""
    if not text:
        return ([], [], []), []
    *words, others = json.loads(text)
    return [of_weight.split() for of_weight in words], others
