"""Types of data exchanged between the shop and the stand-in for Stripe."""

from typing import Any

#: The parameters of an API call, nested as Stripe reads its form fields.
Params = dict[str, Any]
#: An API object as JSON.
Body = dict[str, Any]
#: Month and four-digit year.
Expiry = tuple[int, int]
