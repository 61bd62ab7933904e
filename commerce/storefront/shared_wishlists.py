"""A shared wish list, by its secret link only and never in search engines."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.generic import TemplateView

from commerce.catalogue.wishlists import shared_list, wishes_on


class WishListView(TemplateView):
    template_name = "oscar/wishlists/wishlist_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wishlist = shared_list(self.kwargs["key"])
        if wishlist is None:
            raise Http404
        return super().get_context_data(
            wishlist=wishlist,
            owner=wishlist.owner.first_name,
            wishes=wishes_on(wishlist),
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response
