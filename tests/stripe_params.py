"""Stripe's own types of its requests, which stripe-python generates from Stripe's OpenAPI."""

import re
import sys
from functools import cache
from typing import Any

import stripe.params
from pydantic import ConfigDict, TypeAdapter
from stripe._request_options import RequestOptions
from typing_extensions import TypedDict, is_typeddict

#: A misspelt key and a Decimal in place of an int are both errors.
STRICT = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


@cache
def adapter_for(service, method):
    """The adapter of a service method's annotated params, or None where it takes none of its own."""
    annotation = str(getattr(service, method).__annotations__.get("params", ""))
    name = re.search(r"\w+Params", annotation)
    if name is None:
        return None
    params = getattr(stripe.params, name.group())
    forbid_extras(sys.modules[params.__module__])
    return TypeAdapter(without_options(params))


def without_options(params):
    """The same typed dictionary without the request options that it inherits; we pass those apart."""
    options = RequestOptions.__annotations__
    own = {name: kind for name, kind in params.__annotations__.items() if name not in options}
    body = TypedDict(params.__name__, own)
    body.__module__, body.__pydantic_config__ = params.__module__, STRICT
    return body


def forbid_extras(module):
    """Let pydantic refuse unknown keys in every typed dictionary of one of Stripe's modules."""
    for value in vars(module).values():
        if is_typeddict(value) and "__pydantic_config__" not in vars(value):
            value.__pydantic_config__ = STRICT


def check_params(service, method, params: Any):
    """Raises pydantic's ValidationError where the request is not one that Stripe documents."""
    adapter = adapter_for(service, method)
    if adapter is None:
        assert not params, f"{service.__name__}.{method} takes no params"
        return
    adapter.validate_python(params or {})
