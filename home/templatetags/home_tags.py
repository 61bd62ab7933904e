"""What shop templates may ask of the pages' floor: navigation, footer, announcement, a product's story."""

from collections import Counter
from functools import partial

from django import template
from django.utils.safestring import mark_safe
from wagtail.models import Page, Site

from commerce.catalogue.category_tree import top_categories
from commerce.catalogue.structured_data import script_of
from commerce.page_cache.parts import is_for_everybody, kept_markup, name_for
from home import site_facts
from home.blocks.products import anchor_of, chosen_variant
from home.edit_link import staff_link as link_for_staff
from home.models import ProductStory
from home.pages.privacy import public_pages
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
def site_care_url(context):
    """The address of the page about care that editors chose; "" without a public one."""
    facts = _facts(context)
    return facts.care_url if facts else ""


@register.simple_tag(takes_context=True)
def site_privacy_url(context):
    """The address of the page about privacy, which stands below the home page; "" without a public one."""
    site = Site.find_for_request(context["request"])
    if site is None:
        return ""
    pages = Page.objects.child_of(site.root_page).filter(slug="privacy")
    page = public_pages(pages).first()
    return page.get_url() or "" if page else ""


@register.simple_tag(takes_context=True)
def staff_link(context):
    """Where staff edit the page or the product that is shown, as ``Link``; None for nothing."""
    return link_for_staff(context["request"].user, context.get("page") or context.get("product"))


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


@register.simple_tag(takes_context=True)
def body_of(context, owner, *, hero_is_title=False):
    """The body of a page or of a product's story, block by block, each remembered while it holds.

    No two sheets touch, or they would read as one. With ``hero_is_title`` a hero that stands first
    has the page's own heading.
    """
    is_kept = owner.pk and is_for_everybody(context.get("request"))
    rows, was_sheet, sold = [], False, Counter()
    for place, raw in enumerate(owner.body.raw_data):
        was_sheet = raw["type"] in SHEETS and not was_sheet
        flags = {"is_first": place == 0, "is_sheet": was_sheet, "hero_is_title": hero_is_title}
        if raw["type"] == "product":
            sold[raw["value"]["product"]] += 1
            flags["anchor"] = anchor_of(raw["value"]["product"], sold[raw["value"]["product"]])
        make = partial(_block, context, owner.body, place, flags)
        if is_kept:
            name = ("block", owner._meta.label, owner.pk, raw.get("id"), place, *flags.values())
            asked = _asked(raw["type"], context)
            rows.append(kept_markup(name_for(context["request"], *name, *asked), make))
        else:
            rows.append(make())
    return mark_safe("".join(rows))  # noqa: S308  made by our templates


def _asked(block_type, context):
    """What a block takes from the request: only one that sells does (home.blocks.products.ProductBlock)."""
    if block_type != "product":
        return ()
    request = context["request"]
    return request.path, chosen_variant(request), request.user.is_authenticated


def _block(context, body, place, flags):
    with context.push(**flags):
        return body[place].render_as_block(context.flatten())


@register.filter
def begins_with_hero(body):
    """Whether the first block of a body is a hero, which then has the page's heading."""
    return bool(body) and body.raw_data[0]["type"] == "hero"
