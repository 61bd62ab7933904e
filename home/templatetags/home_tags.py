"""What shop templates may ask of the pages' floor: navigation, footer, announcement, a product's story."""

from django import template
from wagtail.models import Site

from commerce.category_tree import top_categories
from commerce.structured_data import script_of
from home import site_facts
from home.models import ProductStory
from home.structured_data import story_data as data_of_story

register = template.Library()


def _facts(context):
    """The ``SiteFacts`` of the request's site; None without a site."""
    request = context.get("request")
    if request is None:
        site = Site.objects.filter(is_default_site=True).first()
    else:
        site = Site.find_for_request(request)
    return site_facts.facts_of(site) if site else None


@register.simple_tag(takes_context=True)
def site_navigation(context):
    """The links of the main navigation as (label, url, what ``aria-current`` says of it or "").

    The editors' links, or the top categories where there are none.
    """
    facts = _facts(context)
    links = facts.navigation if facts else ()
    pairs = [(link.label, link.url) for link in links] or top_categories()
    path = getattr(context.get("request"), "path", "")
    return tuple((label, url, _here(path, url)) for label, url in pairs)


def _here(path, url):
    """Whether the page being shown is the address ("page"), lies below it ("true"), or neither."""
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(url) else ""


@register.simple_tag(takes_context=True)
def site_returns(context):
    """The promise about returns as ``Link(label, url)``, its url "" without a page; None without one."""
    facts = _facts(context)
    return facts.returns if facts else None


@register.simple_tag(takes_context=True)
def page_below_home(context, slug):
    """A ``Link`` to the public page of that slug right below the home page; None without one."""
    site = Site.find_for_request(context["request"])
    return site_facts.page_below_home(site, slug) if site else None


@register.simple_tag(takes_context=True)
def site_footer(context):
    """``Footer(text, columns)``, each column with a heading and links; None without a site."""
    facts = _facts(context)
    return facts.footer if facts else None


@register.simple_tag(takes_context=True)
def announcement(context):
    """``Announcement(text, label, url)``, or None where there is nothing to announce."""
    facts = _facts(context)
    return facts.announcement if facts else None


@register.inclusion_tag("home/product_story.html", takes_context=True)
def product_story(context, product):
    """The published story of a product, or nothing. No query where there is none."""
    has_story = product is not None and product.pk in site_facts.products_with_story()
    story = ProductStory.objects.filter(product=product, live=True).first() if has_story else None
    return {"story": story, "request": context.get("request")}


@register.simple_tag
def story_data(page):
    """A story as JSON-LD."""
    return script_of(data_of_story(page))


#: Blocks that may stand on a raised sheet.
SHEETS = frozenset({"feature", "quote", "product", "banner"})


@register.simple_tag
def on_sheets(body):
    """The blocks of a body as (block, is_sheet): no two sheets touch, or they would read as one."""
    rows, was_sheet = [], False
    for block in body:
        was_sheet = block.block_type in SHEETS and not was_sheet
        rows.append((block, was_sheet))
    return rows
