"""The page that replaces a product's own: whoever asks for the product is led there."""

from django.http import HttpResponsePermanentRedirect

from home.models import LandingPage

#: The product page's name in Oscar's URLs.
PRODUCT_VIEW = "catalogue:detail"


class LandingPageMiddleware:
    """Answers a product's address with a 301 to the landing page that replaces it.

    The shop's own view cannot: the floor it stands on knows no pages. One query on product pages,
    none elsewhere. ``?variant=`` and other parameters go along.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method not in ("GET", "HEAD"):
            return None
        if request.resolver_match.view_name != PRODUCT_VIEW:
            return None
        page = LandingPage.replacing(kwargs["pk"])
        url = page.get_url(request) if page else None
        if not url:
            return None
        query = request.META.get("QUERY_STRING")
        return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)
