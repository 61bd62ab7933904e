"""Benefits and conditions whose descriptions are safe to print."""

from django.utils.html import escape
from oscar.apps.offer.abstract_models import AbstractBenefit, AbstractCondition


class _NameAsText:
    @property
    def description(self):
        """The name as HTML: Oscar's templates print a description as it is, with what people typed in it."""
        try:
            return escape(self.name)
        except AttributeError:  # a form that is not valid has taken its range away
            return ""


class Benefit(_NameAsText, AbstractBenefit):
    pass


class Condition(_NameAsText, AbstractCondition):
    pass
