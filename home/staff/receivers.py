"""What Wagtail does at the first look into its admin, done when somebody signs in."""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from wagtail.users.models import UserProfile

from commerce.permissions.table import enters_admin


@receiver(user_logged_in)
def make_profile(sender, user, **kwargs):
    """Wagtail's account page writes the row on GET where there is none."""
    if enters_admin(user):
        UserProfile.get_for_user(user)
