"""Staff pages that ask for a recent sign-in: people and roles, files that leave, money that goes back."""

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from oscar.core.loading import get_model

from commerce.models import Withdrawal
from commerce.order_statuses import CANCELLED
from commerce.requests import key_in

#: Roles and people: every unsafe request to these views of Wagtail and Oscar.
PEOPLE = (
    "wagtailusers_users:",
    "wagtailusers_groups:",
    "dashboard:users-index",
    "dashboard:partner-user-",
    "staff-user-",
)
ORDERS = "dashboard:order-list"
CSV_ACTION = "download_selected_orders"
#: Files that leave with what the shop knows: codes of vouchers, reports, lists of Wagtail's.
DOWNLOADS = ("dashboard:voucher-set-download",)
REPORTS = "dashboard:reports-index"


#: Kinds of the work queue whose button pays money back, whatever the amount.
PAID_BACK_KINDS = ("payment", "refund", "orphan")


def _cancels_much(request: HttpRequest) -> bool:
    """Whether a request cancels paid orders above the limit: what was paid goes back by itself."""
    act = request.POST.get("order_action") or request.POST.get("action", "")
    if request.POST.get("new_status", "").strip() != CANCELLED or not act.startswith(
        "change_order"
    ):
        return False
    number = request.resolver_match.kwargs.get("number")
    chosen = request.POST.getlist("selected_order")
    orders = get_model("order", "Order").objects.filter(
        total_incl_tax__gt=settings.REFUND_REAUTH_OVER
    )
    keys = [key for key in map(key_in, chosen) if key]
    return orders.filter(Q(number=number) if number else Q(pk__in=keys)).exists()


def _accepts_much(request: HttpRequest) -> bool:
    """Whether a request accepts a withdrawal from a contract above the limit."""
    if request.POST.get("act") != "accept":
        return False
    return Withdrawal.objects.filter(
        number=request.resolver_match.kwargs["number"],
        order__total_incl_tax__gt=settings.REFUND_REAUTH_OVER,
    ).exists()


#: What sends money back beside the refund form, which asks by its own amount.
GIVE_BACK = {
    "dashboard:order-detail": _cancels_much,
    "staff-withdrawal": _accepts_much,
    "attention": lambda request: request.POST.get("kind") in PAID_BACK_KINDS,
}


def is_sensitive(request: HttpRequest) -> bool:
    """Whether a request changes people or roles, or takes data away as a file."""
    match = request.resolver_match
    name = match.view_name
    if name == ORDERS:
        is_file = request.GET.get("response_format") == "csv"
        return is_file or request.POST.get("action") == CSV_ACTION or _cancels_much(request)
    if name in DOWNLOADS or (name == REPORTS and request.GET.get("download")):
        return True
    if match.route.startswith("admin/") and request.GET.get("export"):
        return True
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if name in GIVE_BACK and GIVE_BACK[name](request):
        return True
    if name == "wagtail_bulk_action":
        return (match.kwargs.get("app_label"), match.kwargs.get("model_name")) in (
            ("commerce", "user"),
            ("auth", "group"),
        )
    return name.startswith(PEOPLE)
