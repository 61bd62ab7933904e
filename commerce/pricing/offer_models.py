"""Benefits and conditions whose descriptions are safe HTML, and which find their classes once."""

from functools import cache
from typing import Any

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
    @property
    def proxy_map(self) -> dict[str, type]:
        return _benefit_classes()


class Condition(_NameAsText, AbstractCondition):
    @property
    def proxy_map(self) -> dict[str, type]:
        return _condition_classes()


# Oscar imports all classes for each benefit of each basket, and searches the file system for modules
# of ours that do not exist. Its properties read nothing but attributes of the class.


@cache
def _benefit_classes() -> dict[str, type]:
    oscars: Any = AbstractBenefit.proxy_map
    return oscars.fget(Benefit)  # type: ignore[no-any-return]


@cache
def _condition_classes() -> dict[str, type]:
    oscars: Any = AbstractCondition.proxy_map
    return oscars.fget(Condition)  # type: ignore[no-any-return]
