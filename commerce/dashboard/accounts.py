"""Staff pages about a user's sign-in: password links and sessions."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from commerce.accounts.invitations import send_new_password_link
from commerce.accounts.session_rows import session_rows
from commerce.accounts.sessions import end_session, sign_out_everywhere
from commerce.audit.account_events import log_ended_sessions
from commerce.decorators import private_page
from commerce.requests import parse_pk


class UserAdminView:
    """Finds the user of the URL. Only superusers may act on a superuser."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.person = get_object_or_404(get_user_model(), pk=kwargs["pk"])
        if self.person.is_superuser and not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


@private_page
class StaffPasswordResetView(UserAdminView, View):
    """Sends a user a password link: the same mail as if they had requested it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        email = self.person.email
        send_new_password_link(request, self.person)
        messages.success(request, _("We’ve sent %s a link to set a new password.") % email)
        return redirect("dashboard:user-detail", pk=pk)


@private_page
class StaffSessionsView(UserAdminView, TemplateView):
    """A user's sessions; ends one or all of them."""

    template_name = "oscar/dashboard/users/sessions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = session_rows(self.person, current_key=self.request.session.session_key)
        return super().get_context_data(
            customer=self.person,
            rows=rows,
            has_others=any(not row["is_current"] for row in rows),
            is_self=self.person.pk == self.request.user.pk,
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if key := request.POST.get("session", ""):
            session = get_object_or_404(UserSession, pk=parse_pk(key) or 0, user=self.person)
            end_session(session)
            log_ended_sessions(request, self.person, 1)
            messages.success(request, _("That browser is signed out."))
        else:
            is_self = self.person.pk == request.user.pk
            ended = sign_out_everywhere(self.person, request=request if is_self else None)
            log_ended_sessions(request, self.person, ended)
            done = (
                _("You’re signed out everywhere else.")
                if is_self
                else _("%s is signed out everywhere.") % self.person.email
            )
            messages.success(request, done)
        return redirect("staff-user-sessions", pk=pk)
