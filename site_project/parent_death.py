"""Processes that end together with their parent, even if it is killed (Linux only).

Plain Python, no Django.
"""

import ctypes
import os
import signal
import sys

#: prctl(2)
PR_SET_PDEATHSIG = 1
#: Set by serve.py: the web server's own workers end with it, too.
VARIABLE = "VITRINE_ENDS_WITH_PARENT"

# Loaded before anything forks: nothing may be loaded between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int) -> None:
    """Have the kernel send this process SIGTERM when its parent (pid ``parent``) ends.

    The kernel watches the thread that started this process. The setting survives exec. Exits at
    once if the parent is gone already. Does nothing on other systems.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
