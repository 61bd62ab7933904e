"""Processes that end together with their parent, even if it is killed (Linux only).

Plain Python, no Django.
"""

import ctypes
import multiprocessing
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


def end_with_server() -> None:
    """Have this process, a worker of a web server, end with the server that forked it.

    Call it from the main thread, before anything slow is loaded. Until the server sets its own
    handlers, SIGTERM ends the process: a forked worker inherits the server's handler, which would
    swallow the signal while the worker still loads.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server = multiprocessing.parent_process()
    end_with_parent(server.pid if server else os.getppid())
