from commerce.dashboard.users import IndexView  # noqa: F401
