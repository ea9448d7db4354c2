"""Firefox by its own remote protocol, Marionette: what a smoke test needs, without a driver to install.

A message is its length, a colon, and JSON: `[0, number, command, arguments]` there, `[1, number, error, result]` back.
"""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

PREFERENCES = {  # nothing is asked of the network, and nothing pops up
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disabled": True,
    "toolkit.telemetry.enabled": False,
}
PATIENCE = 60  # seconds for Firefox to start, and for an answer


class FirefoxError(Exception):
    """Firefox refused a command."""


class Firefox:
    """A headless Firefox with a profile of its own; used in a `with` block.

    Args:
        path: of the program.
        folder: an empty folder for the profile.
        port: a free port.
    """

    def __init__(self, path: str, folder: Path, port: int):
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join([*lines, f'user_pref("marionette.port", {port});']))
        command = [path, "--headless", "--no-remote", "--marionette", "--profile", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port, self.number = port, 0

    def __enter__(self) -> Self:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.process.kill()
                    raise
                time.sleep(0.2)
        self._read()  # its greeting
        self.send("WebDriver:NewSession", {"capabilities": {}})
        return self

    def __exit__(self, *_: Any) -> None:
        self.line.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def send(self, command: str, given: dict[str, Any] | None = None) -> Any:
        """Carry out a command of WebDriver; the result."""
        self.number += 1
        text = json.dumps([0, self.number, command, given or {}]).encode()
        self.line.sendall(str(len(text)).encode() + b":" + text)
        _, _, error, result = self._read()
        if error:
            raise FirefoxError(f"{command}: {error['message']}")
        return result

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._exactly(1)
        return json.loads(self._exactly(int(size[:-1])))

    def _exactly(self, count: int) -> bytes:
        text = b""
        while len(text) < count:
            part = self.line.recv(count - len(text))
            if not part:
                raise FirefoxError("Firefox closed the line")
            text += part
        return text

    def go(self, path: Path) -> None:
        """Open a file."""
        self.send("WebDriver:Navigate", {"url": path.as_uri()})

    def run(self, script: str, *given: Any) -> Any:
        """What the body of a function returns in the page."""
        answer = self.send("WebDriver:ExecuteScript", {"script": script, "args": list(given), "newSandbox": False})
        return answer["value"]

    def until(self, script: str, *given: Any) -> None:
        """Wait until the body of a function returns true.

        Raises:
            FirefoxError: it never did.
        """
        end = time.monotonic() + PATIENCE / 2
        while not self.run(script, *given):
            if time.monotonic() > end:
                raise FirefoxError(f"still not true: {script}")
            time.sleep(0.05)

    def press(self, mark: str, *keys: str) -> None:
        """Focus an element and press keys together; without a `mark`, on what has the focus."""
        if mark:
            self.run("document.querySelector(arguments[0]).focus()", mark)
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        board = {"type": "key", "id": "keys", "actions": [*down, *up]}
        self.send("WebDriver:PerformActions", {"actions": [board]})

    def click(self, mark: str) -> None:
        """Press an element with the mouse."""
        (found,) = self.send("WebDriver:FindElement", {"using": "css selector", "value": mark})["value"].items()
        self.send("WebDriver:ElementClick", {"id": found[1]})


def program() -> str | None:
    """Where Firefox is, if it is here."""
    return shutil.which("firefox-esr") or shutil.which("firefox")
