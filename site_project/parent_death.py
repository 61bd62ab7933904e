"""Ends processes together with their parent, even if it is killed (Linux only).

Does not import Django.
"""

import ctypes
import multiprocessing
import os
import signal
import sys

#: prctl(2)
PR_SET_PDEATHSIG = 1
#: Set by serve.py, so that the web server's workers end with the server.
VARIABLE = "VITRINE_ENDS_WITH_PARENT"

# Loaded at import: nothing may be loaded between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int) -> None:
    """Make the kernel send this process SIGTERM when its parent (pid ``parent``) ends.

    The kernel watches the thread that started this process. The setting survives exec. Exits
    immediately if the parent has ended already. Does nothing on other systems.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def end_with_server() -> None:
    """End this process, a worker of a web server, with the server that forked it.

    Call it from the main thread, before loading anything slow. A forked worker inherits the server's
    SIGTERM handler, which would swallow the signal while the worker loads; this resets it, until the
    server sets the worker's own handler.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server = multiprocessing.parent_process()
    end_with_parent((server and server.pid) or os.getppid())
