"""gunicorn's worker class: `--worker-class=app.web.worker.Worker` serves any WSGI application on one event loop."""

from __future__ import annotations

import gc
import sys
from functools import partial
from typing import Any

from uvicorn_worker import UvicornWorker

from app.web.bridge import Bridge
from app.web.protocol import Protocol

# Two threads that compute take turns: a request that is answered by the loop waits this long at the most.
SWITCH_INTERVAL_S = 0.001
# So many more objects must be there than at the last look before Python looks for circles among the new ones. A group
# of claims makes a few thousand and leaves none: at Python's 700 it was looked through while it was being served.
NEW_OBJECTS = 20_000


class Worker(UvicornWorker):
    """uvicorn under gunicorn's supervision. An application may name hot doors in `extensions["hot_doors"]`."""

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
        gc.freeze()  # the application, which stays, is never looked through again
        gc.set_threshold(NEW_OBJECTS)
        hot_doors = getattr(self.wsgi, "extensions", {}).get("hot_doors", ())
        self.config.http = partial(Protocol, hot_doors=hot_doors)
        self.config.timeout_graceful_shutdown = self.cfg.graceful_timeout
        self.wsgi = Bridge(self.wsgi)
        super().run()
