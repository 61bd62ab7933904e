"""Logging: one line per event, to stderr."""

from typing import Any


def logging_config(*, level: str) -> dict[str, Any]:
    """Django's LOGGING for events of ``level`` (DEBUG, INFO, WARNING, ERROR) and above."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "site_project.log_lines.LineFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
            "warnings": {"class": "logging.StreamHandler", "formatter": "line", "level": "WARNING"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "stripe": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            # Task logs would fill the log; failures are logged as warnings and errors.
            "django_tasks": {"handlers": ["warnings"], "propagate": False},
            "django_tasks_db": {"handlers": ["warnings"], "propagate": False},
        },
    }
