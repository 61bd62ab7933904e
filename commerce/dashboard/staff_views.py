"""What the staff pages of this package share. Who may open them: commerce.dashboard.permission_table."""

from typing import Any

from django.db.models import QuerySet, TextChoices

from commerce.permissions.table import may_open


class StaffPage:
    """Tells the template as ``may_act`` whether the permission table lets the user post to the page."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url_name = self.request.resolver_match.view_name
        may_act = may_open(self.request.user, url_name, "POST")
        return super().get_context_data(may_act=may_act, **kwargs)


class StateListMixin:
    """A list of rows by ``state``: the ``waiting`` ones, or those of ``?state=`` ("all" for every row)."""

    states: type[TextChoices]
    waiting: tuple[TextChoices, ...] = ()
    paginate_by = 50

    def get_state(self) -> str:
        """The state asked for; "" for the waiting rows."""
        state = self.request.GET.get("state", "")
        return state if state in (*self.states.values, "all") else ""

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        state = self.get_state()
        if state == "all":
            return rows
        return rows.filter(state__in=[state] if state else self.waiting)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            states=self.states.choices, state=self.get_state(), **kwargs
        )
