"""Pages about personal data: the account's export, and browser storage."""

from typing import Any

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from commerce.accounts.reauthentication import recent_sign_in_required
from commerce.actor import address_of
from commerce.audit.security import log_security_event
from commerce.decorators import private_page
from commerce.models import AuditEntry
from commerce.privacy.browser_storage import stored_for_shoppers, stored_for_staff
from commerce.privacy.export import archive_of
from commerce.privacy.orders import retention_years
from commerce.privacy.people import Person, person_of


def archive_answer(person: Person) -> HttpResponse:
    """The archive as a download that proxies don't store."""
    answer = HttpResponse(archive_of(person), content_type="application/zip")
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="data-{day}.zip"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@private_page
@method_decorator(login_required, name="dispatch")
@recent_sign_in_required
class DataView(TemplateView):
    """Explains the export on GET, sends it on POST. Both require a recent sign-in."""

    template_name = "oscar/customer/data.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(books_years=retention_years(), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        if not consume(request, action="data_export", user=request.user):
            messages.error(request, _("Too many downloads. Try again in an hour."))
            return redirect("account-data")
        log_security_event(
            AuditEntry.Act.EXPORTED,
            about=request.user,
            object_id=request.user.pk,
            user=request.user,
            address=address_of(request),
        )
        return archive_answer(person_of(request.user))


class StoredView(TemplateView):
    """What the shop stores in a browser. The same page for everyone, without a session."""

    template_name = "oscar/storage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            groups=[
                (_("Everyone"), stored_for_shoppers()),
                (_("Staff only"), stored_for_staff()),
            ],
            crumbs=[(_("Home"), "/"), (_("Cookies and storage"), None)],
            **kwargs,
        )
