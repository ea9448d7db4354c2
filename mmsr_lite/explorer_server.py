"""The server of `mmsr-lite explore`: Voila, only for people at this machine.

Only requests from this machine are answered. Their Host must be this machine's own name, so that a foreign name that
points here gets no answer (DNS rebinding); their Origin, where a browser sends one, must be the explorer itself. A page
is shown only to readers who know the token in the printed address. Each reader has one kernel at a time, and there are
at most `MOST_KERNELS`; they end with the server, however it is stopped.
"""

from __future__ import annotations

import asyncio
import html
import secrets
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.web import Application, ErrorHandler, HTTPError
from traitlets import Bool
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from mmsr_lite.same_machine import comes_from_here

MOST_KERNELS = 8  # each holds the model and its data
IDLE = 30 * 60  # seconds after which a kernel without a page ends
POLICY = (  # nothing from elsewhere, no frame around it; widgets come as blobs and styles
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
ALLOWED = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]


class OnlyFromHere(Application):
    """A web application that answers 403 to every request that does not come from this machine."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Choose the handler of a request: an error page for a request from elsewhere.

        Args:
            request: the request.
            kwargs: further arguments of tornado's method.

        Returns:
            The handler.
        """
        if not comes_from_here(request.headers.get("Host", ""), request.headers.get("Origin")):
            return self.get_handler_delegate(request, ErrorHandler, {"status_code": 403})
        return super().find_handler(request, **kwargs)


class OneKernelEach(AsyncMappingKernelManager):
    """Kernels by reader: a reader who opens the page again gets a new kernel, and the old one ends.

    Args:
        kwargs: the arguments of Jupyter's class.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._by_reader: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel for the reader whose request is being answered.

        Raises:
            HTTPError: 503, because there are `MOST_KERNELS` already.
        """
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        reader = handler.current_user.username
        async with self._one_at_a_time:
            old = self._by_reader.pop(reader, None)
            if old is not None and old in self:
                await self.shutdown_kernel(old, now=True)
            if len(self) >= MOST_KERNELS:
                raise HTTPError(503, reason=f"{MOST_KERNELS} readers have a kernel already; close one of their pages")
            kernel = await super().start_kernel(**kwargs)
            self._by_reader[reader] = kernel
            return kernel


class Page(TornadoVoilaHandler):
    """The explorer's page."""

    async def get(self, path: str | None = None) -> None:
        """Show the page, which starts a kernel, to a browser that wants to see it; the token leaves its address."""
        if path:
            raise HTTPError(404)
        if self.current_user and self.get_argument("token", None):
            self.finish('<!doctype html><meta http-equiv="refresh" content="0; url=/">')
            return
        if self.request.headers.get("Sec-Purpose", "").startswith("prefetch"):
            raise HTTPError(503, reason="a page that nobody looks at starts no kernel")
        await super().get(path)


class ExplorerServer(Voila):
    """Voila on one notebook, as the module says."""

    browse = Bool(True)

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, and ours."""
        settings = super().init_settings()
        settings["identity_provider"].cookie_options = {"samesite": "Strict"}
        return settings | {"allow_remote_access": False, "headers": HEADERS}

    def init_handlers(self) -> list[Any]:
        """Voila's handlers with our page, and without the one that serves files."""
        handlers = [one for one in super().init_handlers() if "/voila/files/" not in one[0]]
        return [(one[0], Page, *one[2:]) if one[1] is TornadoVoilaHandler else one for one in handlers]

    def start(self) -> None:
        """Listen until told to stop, like Voila, but with an application that checks Host and Origin."""
        self.connection_dir = tempfile.mkdtemp(prefix="voila_", dir=self.connection_dir_root)
        self.app = OnlyFromHere(**self.init_settings())
        self.app.settings.update(self.tornado_settings)
        self.app.add_handlers(".*$", self.init_handlers())
        self.ioloop = IOLoop.current()  # signals stop it, even before the first request
        if hasattr(signal, "SIGHUP"):  # the terminal was closed
            signal.signal(signal.SIGHUP, self._handle_signal_stop)
        self.listen()

    def launch_browser(self) -> None:
        """Print the address with its secret token, and open it where that is wanted."""
        address = f"http://localhost:{self.port}/?token={self.token}"
        print(f"The explorer is at {address}\nCtrl-C ends it.", file=sys.stderr, flush=True)
        if self.browse:
            # through a file that only this person can read: everybody can see the arguments of a program
            file = Path(self.connection_dir, "open.html")
            text = f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(address)}">'
            file.write_text(text, encoding="utf-8")
            webbrowser.open(file.as_uri())


def serve_notebook(notebook: Path, *, port: int, browser: bool) -> None:
    """Serve a notebook to people at this machine until the server is stopped.

    Args:
        notebook: The notebook; the template "mmsr" is on Jupyter's path.
        port: The port to listen at; when it is taken, one of the next.
        browser: Whether to open a browser.
    """
    config = Config()
    config.VoilaConfiguration.extension_allowlist = ALLOWED
    config.VoilaConfiguration.multi_kernel_manager_class = OneKernelEach
    config.VoilaConfiguration.template = "mmsr"
    config.VoilaConfiguration.theme = "light"
    config.MappingKernelManager.cull_idle_timeout = IDLE
    config.Voila.token = secrets.token_urlsafe(24)
    config.Voila.log_level = "WARN"
    server = ExplorerServer.instance(config=config, port=port, browse=browser)
    server.initialize([str(notebook)])
    server.start()
