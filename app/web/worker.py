"""gunicorn's worker class: `--worker-class=app.web.worker.Worker` serves any WSGI application on one event loop."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from uvicorn_worker import UvicornWorker

from app.web.bridge import Bridge
from app.web.protocol import Protocol

# Two threads that compute take turns: a request that is answered by the loop waits this long at the most.
SWITCH_INTERVAL_S = 0.001


class Worker(UvicornWorker):
    """uvicorn under gunicorn's supervision. An application may name a hot door in `extensions["hot_door"]`."""

    wsgi: Any  # what gunicorn loaded

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012  # the base class's form
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "access_log": False,
        "server_header": False,
        "date_header": False,
    }

    def run(self) -> None:
        """Serve until told to stop."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        hot_door = getattr(self.wsgi, "extensions", {}).get("hot_door")
        self.config.http = partial(Protocol, hot_door=hot_door)
        self.config.timeout_graceful_shutdown = self.cfg.graceful_timeout
        self.wsgi = Bridge(self.wsgi)
        super().run()
