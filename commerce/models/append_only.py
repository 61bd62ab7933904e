"""Rows that are written once: what happened is not changed afterwards."""

from typing import Any, NoReturn, cast

from django.db import models

REFUSAL = "What happened is only ever added to."
#: What stands where a name was. Stored, so the same in every language.
ERASED = "[erased]"


class AppendOnly(models.QuerySet):
    """Refuses to change or delete what it holds, but for what names a person."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(REFUSAL)

    def delete(self) -> NoReturn:
        raise TypeError(REFUSAL)

    def anonymise(self, **fields: Any) -> int:
        """Take a person out of the rows: the one change there is, for ``commerce.privacy`` alone.

        Only fields in ``NAMES_PEOPLE`` of the model, and texts only to ``ERASED`` or "". When, what
        and how much stay as they were. Returns how many rows.
        """
        if not fields.keys() <= set(cast("type[AppendOnlyModel]", self.model).NAMES_PEOPLE):
            raise TypeError(REFUSAL)
        if any(isinstance(value, str) and value not in ("", ERASED) for value in fields.values()):
            raise TypeError(REFUSAL)
        return super().update(**fields)

    def expire(self) -> int:
        """Delete the rows: for the retention rules of ``commerce.privacy`` alone.

        Only where the model says ``MAY_EXPIRE``. Returns how many rows.
        """
        if not cast("type[AppendOnlyModel]", self.model).MAY_EXPIRE:
            raise TypeError(REFUSAL)
        return super().delete()[0]


class AppendOnlyModel(models.Model):
    """A row that can be added, and neither changed nor deleted."""

    #: The fields that may name a person (see ``AppendOnly.anonymise``).
    NAMES_PEOPLE: tuple[str, ...] = ()
    #: Whether a retention rule may delete old rows (see ``AppendOnly.expire``).
    MAY_EXPIRE = False

    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(REFUSAL)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(REFUSAL)
