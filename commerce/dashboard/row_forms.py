"""Checks of forms that are the rows of one table."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django import forms

from commerce.fields import collation_key


def rows_are_valid(rows: Sequence[forms.Form], *, unique: str, error: Any) -> bool:
    """Whether all rows are valid and the values of the field ``unique`` differ.

    A changed value that another row has, or had before, gets ``error``: rows are saved one after the
    other. Values differ if MariaDB says so (see ``collation_key``). Unchanged values are accepted.
    """
    wrong = [row for row in rows if not row.is_valid()]  # each row shows its errors
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for place, row in enumerate(rows):
        for value in (row.initial.get(unique), row.cleaned_data.get(unique)):
            if value:
                owners[collation_key(value)].add(place)
    for row in rows:
        value = row.cleaned_data.get(unique)
        if value and unique in row.changed_data and len(owners[collation_key(value)]) > 1:
            row.add_error(unique, error)
            wrong.append(row)
    return not wrong
