"""What gunicorn reads by itself in this folder. WEB_CONCURRENCY: how many processes; HUP loads new code."""

import os
import signal
import threading

wsgi_app = "app:create_app()"
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
control_socket_disable = True
LINGER = float(os.environ.get("LINGER", "0"))  # seconds that new processes need to load


def post_worker_init(worker) -> None:
    """HUP ends the old processes at once; let them take requests until the new ones can."""
    if LINGER:
        timer = threading.Timer(LINGER, signal.getsignal(signal.SIGTERM), (signal.SIGTERM, None))
        signal.signal(signal.SIGTERM, lambda *_: timer.ident or timer.start())
