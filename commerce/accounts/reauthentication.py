"""Asks for a recent sign-in before sensitive actions.

allauth suspends a POST and resumes it afterwards, so typed data isn't lost; uploaded files are.
Views use ``recent_sign_in_required`` (a class decorator) or, if it depends on the form,
``require_recent_sign_in``.
"""

import json
import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows import reauthentication as flows
from allauth.account.internal.flows.reauthentication import (
    STATE_SESSION_KEY,
    is_reauthentication_required,
    raise_if_reauthentication_required,
)
from allauth.core.internal.httpkit import serialize_request
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from commerce.permissions.table import may_send

APP = "allauth.account"
#: Session key of the second at which the sign-in was complete, second factor included.
SIGNED_IN_AT = "signed_in_at"
#: The largest form that is stored; a larger one has to be sent again.
LONGEST_FORM = 200_000


def record_proof(request: HttpRequest) -> None:
    """Store the time of the sign-in: it counts as a proof for a while."""
    request.session[SIGNED_IN_AT] = int(time.time())


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether the session was opened within ``ACCOUNT_REAUTHENTICATION_TIMEOUT``."""
    age = time.time() - request.session.get(SIGNED_IN_AT, 0)
    return age < app_settings.REAUTHENTICATION_TIMEOUT


def ask_accounts_without_a_password() -> None:
    """Make allauth ask accounts without a password or factor, too.

    It treats their session as proof, but only a new sign-in proves anything.
    """
    proves_recently = flows.did_recently_reauthenticate

    def did_recently_reauthenticate(request: HttpRequest) -> bool:
        if request.user.is_authenticated and not flows.get_reauthentication_flows(request.user):
            return signed_in_recently(request)
        return proves_recently(request)

    flows.did_recently_reauthenticate = did_recently_reauthenticate


def check_resumed_requests() -> None:
    """Make allauth resume a request only soon, and only if the person may still send it.

    allauth calls the view itself, without the middleware that checks the permission table.
    """
    resume = flows.resume_request

    def resume_request(request: HttpRequest) -> HttpResponse | None:
        waiting = waiting_request(request)
        if waiting is None or not may_send(request.user, waiting["path"], waiting["method"]):
            _forget_request(request)
        return resume(request)

    flows.resume_request = resume_request


def waiting_request(request: HttpRequest) -> dict[str, Any] | None:
    """The suspended form in the session, as allauth serialises it; None without a recent one."""
    state = request.session.get(STATE_SESSION_KEY) or {}
    age = time.time() - state.get("at", 0)
    if "request" not in state or age > app_settings.REAUTHENTICATION_TIMEOUT:
        return None
    return json.loads(state["request"])


def _forget_request(request: HttpRequest) -> None:
    """Drop a suspended form. allauth's own callbacks, which contain no form, stay."""
    if "request" in (request.session.get(STATE_SESSION_KEY) or {}):
        del request.session[STATE_SESSION_KEY]


def is_recent(request: HttpRequest) -> bool:
    """Whether this session proved its user's identity in the last five minutes."""
    return not is_reauthentication_required(request, app=APP)


def require_recent_sign_in(request: HttpRequest) -> None:
    """Raise allauth's ReauthenticationRequired without a recent sign-in.

    Its middleware then asks for the second factor or the password. Call it before anything is
    written: the request runs again from the start.
    """
    raise_if_reauthentication_required(request, app=APP)


def require_recent_sign_in_over_limit(request: HttpRequest, *totals: Decimal) -> None:
    """Require a recent sign-in if these totals, about to be refunded, add up to more than the limit.

    They are added, so that a large refund cannot be split into small ones.
    """
    if sum(totals, Decimal(0)) > settings.REFUND_REAUTH_OVER:
        require_recent_sign_in(request)


def recent_sign_in_required(view_class: Any = None, *, only_post: bool = False) -> Any:
    """A view class that requires a recent sign-in, or with ``only_post`` only for unsafe requests."""
    if view_class is None:
        return lambda decorated: recent_sign_in_required(decorated, only_post=only_post)
    decorator = reauthentication_required(app=APP, allow_get=only_post)
    return method_decorator(decorator, name="dispatch")(view_class)


def ask_again(request: HttpRequest) -> HttpResponseRedirect:
    """Suspend a request and redirect to the sign-in.

    allauth's own function loses forms at URLs with a query string, and stores whatever was typed;
    here a form with a password isn't stored and has to be filled in again.
    """
    back = request.get_full_path()
    # An earlier suspended request was abandoned.
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST":
        stored = _stored(request)
        if stored:
            request.session[STATE_SESSION_KEY] = {"request": stored, "at": int(time.time())}
            back = request.path
        else:
            messages.info(request, _("You’ll need to fill in the form again after you sign in."))
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    address = methods[0]["url"] if methods else reverse("account-sign-in-again")
    return HttpResponseRedirect(f"{address}?{urlencode({REDIRECT_FIELD_NAME: back})}")


def _stored(request: HttpRequest) -> str:
    """The request as stored in the session; "" if it contains a password or is too long."""
    if any("password" in name and value for name, value in request.POST.items()):
        return ""
    stored = json.loads(serialize_request(request))
    stored["META"].pop("HTTP_COOKIE", None)
    text = json.dumps(stored)
    return text if len(text) <= LONGEST_FORM else ""
