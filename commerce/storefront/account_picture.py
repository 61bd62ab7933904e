"""The profile picture: shown to its owner and to staff who may see customers, removed by POST."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from commerce.accounts.pictures import remove_picture
from commerce.actor import signed_in_user
from commerce.decorators import private_page
from commerce.models import ProfilePicture, User


@private_page
@method_decorator(login_required, name="dispatch")
class PictureView(View):
    """Removes the signed-in user's picture."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        remove_picture(signed_in_user(request))
        messages.success(request, _("Your picture is removed."))
        return redirect("customer:profile-update")


@private_page
class PictureFileView(View):
    """The image file. For everyone else it doesn't exist."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        picture = ProfilePicture.objects.filter(name=name).first()
        if picture is None or not _may_see(request.user, picture):
            raise Http404
        response = HttpResponse(bytes(picture.content), content_type="image/webp")
        response["Content-Disposition"] = 'inline; filename="picture.webp"'
        response["X-Content-Type-Options"] = "nosniff"
        response._csp_replace = {"default-src": ["'none'"], "sandbox": []}
        return response


def _may_see(user: User | AnonymousUser, picture: ProfilePicture) -> bool:
    if not user.is_authenticated:
        return False
    if user.pk == picture.user_id:
        return True
    return user.is_staff and user.has_perm("commerce.view_user")
