"""A mail server in a thread of the test, which accepts and stores all mails."""

import socketserver
import threading
import time
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpSink(socketserver.ThreadingTCPServer):
    """Listens on a free local port."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.messages: list[EmailMessage] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def wait_for(self, recipient: str, seconds: float = 60) -> EmailMessage:
        """Wait for a mail to a recipient and return the first."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.messages:
                if recipient in message["To"]:
                    return message
            time.sleep(0.1)
        raise AssertionError(f"no mail to {recipient} within {seconds} s")


class Conversation(socketserver.StreamRequestHandler):
    """The five commands of RFC 5321 that a client needs."""

    def handle(self):
        self.say("220 sink")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"DATA":
                self.say("354 go on")
                self.server.messages.append(self.read_message())
            if command == b"QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def read_message(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return message_from_bytes(b"".join(lines), policy=policy.default)

    def say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def smtp_sink():
    """Run a mail sink on a free port."""
    with SmtpSink() as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        yield sink
        sink.shutdown()
