"""Rows that are written once: what happened is not changed afterwards."""

from django.db import models

REFUSAL = "What happened is only ever added to."


class AppendOnly(models.QuerySet):
    """Refuses to change or delete what it holds."""

    def update(self, **fields):
        raise TypeError(REFUSAL)

    def delete(self):
        raise TypeError(REFUSAL)


class AppendOnlyModel(models.Model):
    """A row that can be added, and neither changed nor deleted."""

    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(REFUSAL)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(REFUSAL)
