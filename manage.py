#!/usr/bin/env python
"""Run Django's management commands for this site."""

import gc
import os
import sys

if __name__ == "__main__":
    # Imports create many objects that stay. Scanning them again and again takes a tenth of the start.
    gc.set_threshold(50_000)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
