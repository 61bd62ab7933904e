"""Dashboard pages of ours: who may look, and who may act."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect


class StaffPage:
    """A view for staff with ``view_permission``; a POST asks for ``change_permission``."""

    view_permission = ""
    change_permission = ""

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if not user.is_authenticated:
            return redirect("dashboard:login")
        needed = self.change_permission if request.method == "POST" else self.view_permission
        if not (user.is_staff and user.has_perm(needed)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        may_act = self.request.user.has_perm(self.change_permission)
        return super().get_context_data(may_act=may_act, **kwargs)


class StateListMixin:
    """A list by state: what waits comes first, unless ``?state=`` names another."""

    states = None
    waiting = ()
    paginate_by = 50

    def get_state(self):
        wanted = self.request.GET.get("state", "")
        return wanted if wanted in (*self.states.values, "all") else ""

    def get_queryset(self):
        rows = super().get_queryset()
        state = self.get_state()
        if state == "all":
            return rows
        return rows.filter(state__in=[state] if state else self.waiting)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            states=self.states.choices, state=self.get_state(), **kwargs
        )
