"""Benefits and conditions whose descriptions are safe HTML."""

from django.utils.html import escape
from oscar.apps.offer.abstract_models import AbstractBenefit, AbstractCondition


class _NameAsText:
    name: str

    @property
    def description(self) -> str:
        """The escaped name: Oscar's templates print descriptions unescaped."""
        try:
            return escape(self.name)
        except AttributeError:  # an invalid form has removed the range
            return ""


class Benefit(_NameAsText, AbstractBenefit):
    pass


class Condition(_NameAsText, AbstractCondition):
    pass
