"""`mmsr-lite explore` answers the people at this machine, with one kernel each, and leaves nothing behind."""

import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
import requests

if find_spec("voila") is None:  # not imported: that takes seconds, and only the server needs it
    pytest.skip("needs the extra 'lab'", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.outside]
RUN = Path(__file__).parents[1] / "mmsr_lite/stored/runs/wardrobe-match"


@pytest.fixture
def server(free_port):
    """A server of a stored run, and the address that it prints."""
    command = [sys.executable, "-m", "mmsr_lite", "explore", str(RUN), "--no-browser"]
    command += ["--port", str(free_port)]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    line = next((line for line in iter(started.stderr.readline, "") if "http://" in line), None)
    assert line is not None, "the server ended without an address"
    yield started, line.split()[-1]
    started.kill()
    started.communicate(timeout=30)


def kernels(server: subprocess.Popen) -> list[psutil.Process]:
    return [
        one for one in psutil.Process(server.pid).children(recursive=True) if "ipykernel" in " ".join(one.cmdline())
    ]


def test_a_request_from_elsewhere_or_without_the_token_is_refused_and_starts_no_kernel(server):
    started, address = server
    here = address.partition("?")[0]

    def status(url: str, **headers: str) -> int:
        return requests.get(url, headers=headers, allow_redirects=False, timeout=60).status_code

    assert status(address, Host="rebound.example") == 403  # a foreign name that was made to point here
    assert status(f"{here}voila/static/voila.js", Host="rebound.example") == 403
    assert status(address, Origin="https://elsewhere.example") == status(address, Origin="null") == 403
    assert status(here) == status(f"{here}?token=guessed") == 302  # to the page that asks for the token
    assert status(address, **{"Sec-Purpose": "prefetch"}) == 200  # the page that sends the browser on
    kernel = f"{here}api/kernels/00000000-0000-0000-0000-000000000000"
    assert status(kernel) == status(f"{kernel}/channels") == 403
    assert kernels(started) == []


def test_a_reader_has_one_kernel_readers_are_counted_and_all_end_with_the_server(server):
    started, address = server
    here = address.partition("?")[0]
    reader = requests.Session()
    assert "url=/" in reader.get(address, timeout=60).text and kernels(started) == []  # the token leaves the address
    for _ in range(2):
        page = reader.get(here, timeout=60)
        assert page.status_code == 200 and "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert len(kernels(started)) == 1
    others = [requests.Session() for _ in range(8)]
    statuses = []
    for other in others:
        other.get(address, timeout=60)
        with other.get(here, timeout=60, stream=True) as reply:  # not read to its end
            statuses.append(reply.status_code)
    assert statuses == [200] * 7 + [503]
    running = kernels(started)
    assert len(running) == 8
    started.send_signal(signal.SIGTERM)
    assert started.wait(60) == 0
    assert psutil.wait_procs(running, timeout=30)[1] == []


def test_kernels_end_when_the_server_is_killed(server):
    started, address = server
    reader = requests.Session()
    reader.get(address, timeout=60)
    reader.get(address.partition("?")[0], timeout=60)
    running = kernels(started)
    assert len(running) == 1
    started.kill()
    assert psutil.wait_procs(running, timeout=60)[1] == []
