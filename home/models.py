"""All models of the app, imported where Django looks for them.

Modules of ``home`` that a model imports must import models from their own modules, not from here.
"""

from home.pages.base import CrumbsMixin, SharedPage
from home.pages.home_page import HomePage
from home.pages.landing_page import LandingPage
from home.pages.standard_page import StandardPage
from home.pages.stories import StoryIndexPage, StoryPage
from home.site_settings import SiteSettings
from home.snippets.banners import Banner
from home.snippets.product_stories import ProductStory

__all__ = [
    "Banner",
    "CrumbsMixin",
    "HomePage",
    "LandingPage",
    "ProductStory",
    "SharedPage",
    "SiteSettings",
    "StandardPage",
    "StoryIndexPage",
    "StoryPage",
]
