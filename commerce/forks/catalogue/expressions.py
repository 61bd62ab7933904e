from commerce.catalogue.expressions import (  # noqa: F401
    ExpandDownwardsCategoryQueryset,
    ExpandUpwardsCategoryQueryset,
)
