"""Tables that extend accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField


class Throttle(models.Model):
    """The number of attempts at an action under one key, and the time of the next allowed one."""

    key = CodeField(max_length=100, unique=True)
    count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_index=True)
    wait_until = models.DateTimeField()

    class Meta:
        verbose_name = _("throttle")
        verbose_name_plural = _("throttles")

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class ProfilePicture(models.Model):
    """The picture of an account: a square WebP with a random name.

    Stored in the database because it is private: everything in ``MEDIA_ROOT`` is public.
    """

    user = models.OneToOneField(
        "commerce.User", on_delete=models.CASCADE, related_name="profile_picture"
    )
    name = CodeField(max_length=32, unique=True)
    content = models.BinaryField(_("picture"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("profile picture")
        verbose_name_plural = _("profile pictures")

    def __str__(self) -> str:
        return str(self.user)


class MarketingConsent(models.Model):
    """Whether a customer agreed to be sent advertising, when and how. No row: nothing is known."""

    user = models.OneToOneField(
        "commerce.User", on_delete=models.CASCADE, related_name="marketing_consent"
    )
    is_given = models.BooleanField(_("given"))
    source = models.CharField(_("source"), max_length=100)
    updated_at = models.DateTimeField(_("when"), auto_now=True)

    class Meta:
        verbose_name = _("consent to advertising")
        verbose_name_plural = _("consents to advertising")

    def __str__(self) -> str:
        return f"{self.user}: {self.is_given}"
