"""Downloads from a server on this machine that stalls, breaks off and serves wrong bytes."""

import hashlib
import io
import json
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmsr_lite import cli
from mmsr_lite.data import downloads
from mmsr_lite.errors import MMSRError

pytest.importorskip("pooch")


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("ml-100k/u.data", "1\t1\t3\t1\n" * 40_000)
        file.writestr("../outside.txt", "no")
    return packed.getvalue()


class Server(BaseHTTPRequestHandler):
    """Serves `content`; `trouble` holds one of "", "stall", "break", "wrong", "no ranges", "gone" for each answer."""

    content, trouble, asked = b"", [], []

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        head = self.command == "HEAD"
        trouble = "" if head or not self.trouble else self.trouble.pop(0)
        begin = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not head:
            self.asked.append((self.path, int(begin[1]) if begin else 0))
        start = int(begin[1]) if begin and trouble != "no ranges" else 0
        content = bytes(len(self.content)) if trouble == "wrong" else self.content
        self.send_response(404 if trouble == "gone" else 206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", hashlib.md5(self.content).hexdigest())
        self.end_headers()
        if head or trouble == "gone":
            return
        half = start + (len(content) - start) // 2 if trouble in ("stall", "break") else len(content)
        self.wfile.write(content[start:half])
        self.wfile.flush()
        if trouble == "stall":
            threading.Event().wait(1.5)  # not time.sleep, which the tests silence
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """Its class, set as the mirror of all downloads; a second of silence is told after a fifth."""
    made = type("Own", (Server,), {"content": archive(), "trouble": [], "asked": []})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), made)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("MMSR_MIRROR", f"http://127.0.0.1:{listening.server_port}/some/where/")
    monkeypatch.setattr(downloads, "WAIT", 0.3)
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
    monkeypatch.setitem(downloads.MOVIELENS, "ml-100k", hashlib.md5(made.content).hexdigest())
    yield made
    listening.shutdown()
    listening.server_close()  # else the next test to count warnings may hear of an open socket


def yes(told: str) -> bool:
    return True


def test_size_and_licence_come_first_and_a_no_fetches_nothing(server, tmp_path):
    told = []
    assert downloads.download("ml-100k", tmp_path, lambda text: bool(told.append(text))) == []
    assert re.search(r"/some/where/ml-100k\.zip: 0\.3 MB\nTerms: research only, .*Harper & Konstan 2015\.$", told[0])
    assert server.asked == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trouble", [[], ["break"], ["stall", "break", "break"], ["break", "no ranges"], ["gone"]])
def test_a_file_comes_whole_whatever_the_server_does(server, tmp_path, trouble):
    server.trouble[:] = trouble
    (folder,) = downloads.download("ml-100k", tmp_path, yes)
    assert (folder / "u.data").stat().st_size == 40_000 * len("1\t1\t3\t1\n")
    assert (tmp_path / "ml-100k.zip").read_bytes() == server.content
    assert not (tmp_path.parent / "outside.txt").exists() and not list(tmp_path.glob(".*"))
    starts = [start for _, start in server.asked]
    assert len(starts) == 1 + sum(one in ("break", "stall", "gone") for one in trouble)
    if trouble and trouble != ["gone"]:  # each connection asks for what the last one did not bring
        assert starts[0] == 0 < starts[1] and starts == sorted(starts)


def test_what_came_before_everything_broke_is_kept_for_the_next_time(server, tmp_path):
    server.trouble[:] = ["break"] * downloads.TRIES
    with pytest.raises(MMSRError, match=r"broke off 5 times .*; the [\d,]+ bytes that came are kept, ask again"):
        downloads.download("ml-100k", tmp_path, yes)
    (part,) = tmp_path.iterdir()
    there = part.stat().st_size
    downloads.download("ml-100k", tmp_path, yes)
    assert server.asked[-1][1] == there > len(server.content) / 2
    server.asked.clear()
    downloads.download("ml-100k", tmp_path, yes)
    assert server.asked == []  # a whole file is not asked for again


def test_wrong_bytes_are_told_and_removed(server, tmp_path):
    server.trouble[:] = ["wrong"]
    with pytest.raises(MMSRError, match=r"'ml-100k.zip' .* is not what 'md5:\w+' says and was removed"):
        downloads.download("ml-100k", tmp_path, yes)
    assert list(tmp_path.iterdir()) == []


def test_another_version_on_the_server_is_not_appended_to_the_old_half(server, tmp_path):
    server.trouble[:] = ["break"] * downloads.TRIES
    with pytest.raises(MMSRError):
        downloads.download("amazon-2014:Beauty", tmp_path, yes)
    server.content = b"another version" * 1000
    files = downloads.download("amazon-2014:Beauty", tmp_path, yes)
    assert [file.read_bytes() for file in files] == [server.content] * 2


def test_without_a_published_hash_the_first_download_is_trusted_and_the_next_held_to_it(server, tmp_path):
    files = downloads.download("amazon-2023:All_Beauty", tmp_path, yes)
    assert [file.name for file in files] == ["All_Beauty.jsonl.gz", "meta_All_Beauty.jsonl.gz"]
    known = json.loads((tmp_path / "hashes.json").read_text())
    assert known == dict.fromkeys([f.name for f in files], f"sha256:{hashlib.sha256(server.content).hexdigest()}")
    files[0].unlink()
    server.content = b"changed"
    with pytest.raises(MMSRError, match="is not what 'sha256"):
        downloads.download("amazon-2023:All_Beauty", tmp_path, yes)
    assert not files[0].exists() and files[1].exists()


@pytest.mark.parametrize(
    "name, says",
    [
        ("ml-2k", "unknown download"),
        ("amazon-2014", "needs a category"),
        ("amazon-2014:../x", r"the category of 'amazon-2014:../x' is '../x'; expected letters"),
        ("amazon-2023:a?b#", "the category of"),
    ],
)
def test_a_name_that_is_not_known_asks_nobody(server, tmp_path, name, says):
    with pytest.raises(MMSRError, match=says):
        downloads.download(name, tmp_path, yes)
    assert server.asked == []


@pytest.mark.parametrize("mirror", ["http://mirror.example/x", "ftp://mirror.example", "file:///tmp"])
def test_a_mirror_without_encryption_is_refused_unless_it_is_this_machine(monkeypatch, tmp_path, mirror):
    monkeypatch.setenv("MMSR_MIRROR", mirror)
    with pytest.raises(MMSRError, match=r"is not https, so anybody on the way could change what comes"):
        downloads.download("ml-1m", tmp_path, yes)


def test_every_address_is_https_and_a_server_cannot_send_on_to_another_kind(server, tmp_path, monkeypatch):
    addresses = [downloads.GROUPLENS, *(form for *forms, _ in downloads.AMAZON.values() for form in forms)]
    assert [address for address in addresses if not address.startswith("https://")] == []

    def send_on(self):
        self.send_response(302)
        self.send_header("Location", "http://elsewhere.example/ml-100k.zip")
        self.end_headers()

    monkeypatch.setattr(server, "do_HEAD", send_on)
    with pytest.raises(
        MMSRError, match=r"No connection adapters were found for 'http://elsewhere.example/ml-100k.zip'"
    ):
        downloads.download("ml-100k", tmp_path, yes)


def test_nobody_there_is_told_with_the_mirror(monkeypatch, tmp_path):
    monkeypatch.setenv("MMSR_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(MMSRError, match=r"cannot be fetched: .*; try later, or name a mirror in MMSR_MIRROR"):
        downloads.download("ml-1m", tmp_path, yes)


def test_the_command_asks_before_it_fetches(server, tmp_path, capsys, monkeypatch):
    assert cli.main(["download", "ml-100k", "-o", str(tmp_path / "raw")]) == 1
    assert "nothing was fetched; say --yes" in capsys.readouterr().err and server.asked == []
    assert cli.main(["download", "ml-100k", "-o", str(tmp_path / "raw"), "--yes"]) == 0
    out = capsys.readouterr().out
    assert "0.3 MB" in out and f"Saved {tmp_path / 'raw' / 'ml-100k'}" in out
