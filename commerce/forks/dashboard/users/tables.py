from commerce.dashboard.user_tables import UserTable  # noqa: F401
