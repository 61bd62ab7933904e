"""Date and time fields of dashboard forms, exact to the second."""

from typing import Any

from django import forms


class LocalTimeInput(forms.DateTimeInput):
    """The browser's own field.

    Oscar's picker rounds to quarters of an hour, and the form would save that.
    """

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        # Without a step of one second, browsers refuse times that are not whole minutes.
        super().__init__(attrs={"step": "1", **(attrs or {})}, format="%Y-%m-%dT%H:%M:%S")


class ExactTimes:
    """Mixin that saves times as typed.

    An unchanged time keeps its stored fraction of a second, which the field doesn't show.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self._time_fields().values():
            field.widget = LocalTimeInput()

    def clean(self) -> dict[str, Any]:
        for name in self._time_fields():
            stored = self.initial.get(name)
            if stored and name in self.cleaned_data and name not in self.changed_data:
                self.cleaned_data[name] = stored
        return super().clean()

    def _time_fields(self) -> dict[str, forms.Field]:
        return {
            name: field
            for name, field in self.fields.items()
            if isinstance(field, forms.DateTimeField)
        }
