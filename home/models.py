"""Where Django looks for the models of the pages; they stand in ``home.pages``."""

from home.pages.models import (  # noqa: F401
    Banner,
    CrumbsMixin,
    HomePage,
    LandingPage,
    ProductStory,
    SharedPage,
    SiteSettings,
    StandardPage,
    StoryIndexPage,
    StoryPage,
)
