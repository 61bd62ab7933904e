"""Site-wide settings that editors change: navigation, footer, announcement."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Site

from commerce.models.cache_tags import SITE
from home.blocks.footer import FooterColumnBlock
from home.links import LinkBlock


@register_setting(icon="home")
class SiteSettings(BaseSiteSetting):
    """What every page shows around its content: announcement, navigation, footer."""

    cache_tags = (SITE,)

    announcement_text = models.CharField(
        _("announcement"),
        max_length=120,
        blank=True,
        help_text=_("Leave empty to show no announcement."),
    )
    announcement_link = StreamField(
        [("link", LinkBlock())], blank=True, max_num=1, verbose_name=_("announcement link")
    )
    announcement_until = models.DateTimeField(
        _("show until"),
        null=True,
        blank=True,
        help_text=_("The announcement disappears at this time."),
    )
    navigation = StreamField([("link", LinkBlock())], blank=True, verbose_name=_("navigation"))
    footer_text = models.CharField(_("footer text"), max_length=200, blank=True)
    footer = StreamField(
        [("column", FooterColumnBlock())], blank=True, max_num=4, verbose_name=_("footer columns")
    )
    returns_text = models.CharField(
        _("returns promise"),
        max_length=80,
        blank=True,
        help_text=_(
            "Shown next to the buy button and in the basket, for example "
            "“60 days, breakages replaced”."
        ),
    )
    returns_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("returns page"),
    )
    care_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("care page"),
        help_text=_("Products with care instructions link to this page."),
    )

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("announcement_text"),
                FieldPanel("announcement_link"),
                FieldPanel("announcement_until"),
            ],
            heading=_("Announcement"),
        ),
        FieldPanel("navigation"),
        MultiFieldPanel([FieldPanel("footer_text"), FieldPanel("footer")], heading=_("Footer")),
        MultiFieldPanel(
            [FieldPanel("returns_text"), FieldPanel("returns_page")], heading=_("Returns")
        ),
        FieldPanel("care_page"),
    ]

    class Meta:
        verbose_name = _("navigation and footer")

    @classmethod
    def for_site(cls, site: Site) -> "SiteSettings":
        """The site's row, or an unsaved one, so that page views never write."""
        return cls.base_queryset().filter(site=site).first() or cls(site=site)
