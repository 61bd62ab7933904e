"""Mixins of staff pages. The permission table is in commerce.dashboard.permission_table."""

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commerce.permissions.table import may_open


class StaffPage(AccessMixin):
    """Mixin of dashboard views: only for staff, with ``permission`` if it is set.

    The permission table is checked before (commerce.permissions.middleware). Templates get
    ``may_act``: whether the table lets the user post to the page.
    """

    permission = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            return self.handle_no_permission()
        if not user.is_staff or (self.permission and not user.has_perm(self.permission)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

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
