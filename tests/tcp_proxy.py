"""A TCP proxy that can be cut off and slowed down, between the shop and its database or Redis."""

import contextlib
import socket
import threading
import time


class Proxy:
    """Forwards connections from a free port to another local port.

    ``cut()`` closes every connection and refuses new ones until ``restore()``. ``delay`` is the
    delay of each chunk of data in seconds.
    """

    def __init__(self, target_port):
        self.target_port = target_port
        self.delay = 0.0
        self.is_cut = False
        self.links = set()
        self.lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Close every connection, as a restarted server does."""
        self.is_cut = True
        with self.lock:
            links, self.links = self.links, set()
        for link in links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def restore(self):
        """Accept connections again."""
        self.is_cut = False

    def close(self):
        """Stop the proxy."""
        self.cut()
        self.server.close()

    def _accept(self):
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
                continue
            try:
                target = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
            except OSError:
                client.close()
                continue
            target.settimeout(None)
            with self.lock:
                self.links |= {client, target}
            for one, other in ((client, target), (target, client)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        for link in (source, sink):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        with self.lock:
            self.links -= {source, sink}
