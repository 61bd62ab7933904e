"""Creates Wagtail's user profile at sign-in, so that no GET request has to."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from wagtail.users.models import UserProfile

from commerce.models import User
from commerce.permissions.table import enters_admin


@receiver(user_logged_in)
def create_profile(sender: type[User], user: User, **kwargs: Any) -> None:
    """Create the profile of staff. Wagtail's account page would create it on GET."""
    if enters_admin(user):
        UserProfile.get_for_user(user)
