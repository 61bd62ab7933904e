"""Views of Oscar and Wagtail that ask for a recent sign-in. Ours ask themselves."""

from django.http import HttpRequest

#: Roles and people: every unsafe request to these views of Wagtail and Oscar.
PEOPLE = (
    "wagtailusers_users:",
    "wagtailusers_groups:",
    "dashboard:users-index",
    "dashboard:partner-user-",
)
ORDERS = "dashboard:order-list"
CSV_ACTION = "download_selected_orders"
#: Files that leave with what the shop knows: codes of vouchers, reports, lists of Wagtail's.
DOWNLOADS = ("dashboard:voucher-set-download",)
REPORTS = "dashboard:reports-index"


def is_sensitive(request: HttpRequest) -> bool:
    """Whether a request changes people or roles, or takes data away as a file."""
    match = request.resolver_match
    name = match.view_name
    if name == ORDERS:
        is_file = request.GET.get("response_format") == "csv"
        return is_file or request.POST.get("action") == CSV_ACTION
    if name in DOWNLOADS or (name == REPORTS and request.GET.get("download")):
        return True
    if match.route.startswith("admin/") and request.GET.get("export"):
        return True
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if name == "wagtail_bulk_action":
        return (match.kwargs.get("app_label"), match.kwargs.get("model_name")) in (
            ("commerce", "user"),
            ("auth", "group"),
        )
    return name.startswith(PEOPLE)
