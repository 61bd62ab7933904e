"""Models whose rows are written once and never changed."""

from typing import Any, NoReturn, cast

from django.db import models

REFUSAL = "Rows of a history cannot be changed or deleted."
#: Replaces a name. It is stored, so it is the same in every language.
ERASED = "[erased]"


class AppendOnly(models.QuerySet):
    """Refuses updates and deletions, except of fields that name a person."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(REFUSAL)

    def delete(self) -> NoReturn:
        raise TypeError(REFUSAL)

    def anonymise(self, **fields: Any) -> int:
        """Remove a person from the rows, for ``commerce.privacy`` only.

        Changes only fields in the model's ``NAMES_PEOPLE``, and texts only to ``ERASED`` or "".
        Returns the number of rows.
        """
        if not fields.keys() <= set(cast("type[AppendOnlyModel]", self.model).NAMES_PEOPLE):
            raise TypeError(REFUSAL)
        if any(isinstance(value, str) and value not in ("", ERASED) for value in fields.values()):
            raise TypeError(REFUSAL)
        return super().update(**fields)

    def expire(self) -> int:
        """Delete the rows, for the retention rules of ``commerce.privacy`` only.

        Only if the model sets ``MAY_EXPIRE``. Returns the number of rows.
        """
        if not cast("type[AppendOnlyModel]", self.model).MAY_EXPIRE:
            raise TypeError(REFUSAL)
        return super().delete()[0]


class AppendOnlyModel(models.Model):
    """A row that can be added, but neither changed nor deleted."""

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
