"""Staff pages that export or erase a person's data.

An account is found by its page, a guest by their email address, which is posted so that it appears
in no log.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from commerce.accounts.reauthentication import recent_sign_in_required
from commerce.actor import address_of
from commerce.audit.security import log_security_event
from commerce.dashboard.accounts import UserAdminView
from commerce.decorators import private_page
from commerce.models import AuditEntry
from commerce.privacy.erasure import AlreadyErased, ErasureBlocked, erase, reasons_against_erasure
from commerce.privacy.parts import all_sections
from commerce.privacy.people import Person, accounts_naming, person_at, person_of
from commerce.storefront.personal_data import archive_answer

TEMPLATE = "oscar/dashboard/users/privacy.html"
EXPORT, ERASE = "export", "erase"


class AddressForm(forms.Form):
    """The email address of a guest."""

    email = forms.EmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "form-control", "size": 36}),
    )


def kinds_of(person: Person) -> list[tuple[str, int]]:
    """The sections with data about a person, and their number of rows."""
    counted = ((section.title, section.rows(person).count()) for section in all_sections())
    return [(str(title), count) for title, count in counted if count]


def context_of(person: Person, **more: Any) -> dict:
    """The template context for a person."""
    return {
        "person": person,
        "kinds": kinds_of(person),
        "reasons": reasons_against_erasure(person),
        **more,
    }


def export_for_staff(request: HttpRequest, person: Person) -> HttpResponse:
    """A person's archive; the audit log records who downloaded it."""
    log_security_event(
        AuditEntry.Act.EXPORTED,
        about=_("Account %d") % person.user_id if person.user_id else _("A guest"),
        object_id=person.user_id or "",
        user=request.user,
        address=address_of(request),
    )
    return archive_answer(person)


def erase_for_staff(request: HttpRequest, person: Person) -> bool:
    """Erase a person if confirmed and not blocked, and report the outcome.

    Returns whether the person is erased, by this call or an earlier one.
    """
    if request.POST.get("confirm") != "on":
        messages.error(request, _("Tick the box to confirm the erasure."))
        return False
    try:
        erase(person, by=request.user, address=address_of(request))
    except AlreadyErased as error:
        messages.info(request, str(error))
        return True
    except ErasureBlocked as error:
        for reason in error.reasons:
            messages.error(request, reason)
        return False
    messages.success(request, _("Personal data erased."))
    return True


@private_page
@recent_sign_in_required
class StaffPrivacyView(UserAdminView, TemplateView):
    """The personal data of an account."""

    template_name = TEMPLATE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**context_of(person_of(self.person), **kwargs))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = person_of(self.person)
        if request.POST.get("action") == EXPORT:
            return export_for_staff(request, person)
        if request.POST.get("action") == ERASE and self.person.pk == request.user.pk:
            messages.error(request, _("Delete your own account from your profile."))
        elif request.POST.get("action") == ERASE and erase_for_staff(request, person):
            return redirect("dashboard:users-index")
        return redirect("staff-user-privacy", pk=pk)


@private_page
@recent_sign_in_required
class StaffGuestPrivacyView(View):
    """Asks for an address; shows, exports or erases a guest's data."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, TEMPLATE, {"form": AddressForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AddressForm(request.POST)
        if not form.is_valid():
            return render(request, TEMPLATE, {"form": form}, status=200)
        person = person_at(form.cleaned_data["email"])
        if person.user is not None:
            return redirect("staff-user-privacy", pk=person.user_id)
        action = request.POST.get("action")
        if action == EXPORT:
            return export_for_staff(request, person)
        if action == ERASE and erase_for_staff(request, person):
            return redirect("staff-privacy")
        accounts = accounts_naming(form.cleaned_data["email"])
        return render(request, TEMPLATE, context_of(person, form=form, accounts=accounts))
