"""Fetch raw data sets by name: whole, checked by a hash, and from where a broken connection stopped.

GroupLens publishes hashes beside the files of MovieLens, and these are used. Nobody publishes hashes of Amazon's files:
the first download is trusted, and its hash is kept in hashes.json for the next one. Only https is used, also where a
server redirects. `MMSR_MIRROR` names another place for all files.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mmsr_lite.data.storage import content_hash, file_hash, read_json, write_json
from mmsr_lite.errors import MMSRError, choose

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
RESEARCH = "research only, no commercial use, no passing on without permission; cite Harper & Konstan 2015"
MOVIELENS = {  # name: MD5 of the zip
    "ml-100k": "0e33842e24a9c977be4e0107933c0723",
    "ml-1m": "c4d9eecfca2ab87c1945afe126590906",
    "ml-20m": "cd245b17a1ae2cc31bb14903e1204af3",
    "ml-25m": "6b51fb2759a8657d3bfcbfc42b592ada",
    "ml-32m": "d472be332d4daa821edc399621853b57",
}
UCSD = "https://mcauleylab.ucsd.edu/public_datasets/data/"
AMAZON = {  # name: files of category X, whom to cite
    "amazon-2014": (
        "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/reviews_{X}_5.json.gz",
        "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/meta_{X}.json.gz",
        "McAuley et al. 2015, He & McAuley 2016",
    ),
    "amazon-2018": (
        UCSD + "amazon_v2/categoryFilesSmall/{X}_5.json.gz",
        UCSD + "amazon_v2/metaFiles2/meta_{X}.json.gz",
        "Ni et al. 2019",
    ),
    "amazon-2023": (
        UCSD + "amazon_2023/raw/review_categories/{X}.jsonl.gz",
        UCSD + "amazon_2023/raw/meta_categories/meta_{X}.jsonl.gz",
        "Hou et al. 2024",
    ),
}
HERE = ("127.0.0.1", "[::1]", "localhost")  # a mirror on this machine, with its port, needs no encryption
WAIT = 30.0  # seconds without a byte, after which a connection counts as broken
TRIES = 5  # connections in all


def download(name: str, folder: str | os.PathLike, agree: Callable[[str], bool]) -> list[Path]:
    """Fetch raw data, after the caller has agreed to size and licence.

    What came before a connection broke is kept in a hidden file, and is not fetched again.

    Args:
        name: `"ml-100k"`, ... or `"amazon-2014:Beauty"`, ...
        folder: where the files are written.
        agree: a function that is given size and licence in words, and returns whether to fetch.

    Returns:
        The files or folders that were written; none when `agree` returned False.

    Raises:
        MMSRError: there is no such data, a server does not answer, or a file does not match its hash; it is then
            removed.

    Example:
        >>> download("ml-2k", ".", agree=lambda words: False)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown download 'ml-2k'; choose from: amazon-2014, amazon-2018, amazon-2023, ...
    """
    kind, _, category = name.partition(":")
    choose("download", kind, [*AMAZON, *MOVIELENS])
    if kind in AMAZON and not category:
        raise MMSRError(f"{name!r} needs a category, such as '{kind}:All_Beauty'")
    if category and not re.fullmatch(r"\w+", category, re.ASCII):  # it becomes a part of addresses and of file names
        raise MMSRError(f"the category of {name!r} is {category!r}; expected letters, digits and '_', as in All_Beauty")
    *forms, cite = AMAZON.get(kind, (f"{GROUPLENS}{kind}.zip", ""))
    terms = f"no licence and no hash is given; for research, cite {cite}" if cite else RESEARCH
    mirror, folder = os.environ.get("MMSR_MIRROR"), Path(folder)
    addresses = [form.replace("{X}", category) for form in forms]
    addresses = [f"{mirror.rstrip('/')}/{address.rpartition('/')[2]}" if mirror else address for address in addresses]
    known = read_json(folder / "hashes.json") if (folder / "hashes.json").is_file() else {}
    offers = [(address, *_ask(address)) for address in addresses]
    lines = [
        f"{address}: {size / 1e6:,.1f} MB" if size else f"{address}: of unknown size" for address, size, _ in offers
    ]
    if not agree("\n".join([*lines, f"Terms: {terms}."])):
        return []
    return [_fetch(address, size, mark, folder, known, MOVIELENS.get(kind)) for address, size, mark in offers]


def _ask(address: str) -> tuple[int, str]:
    """The size in bytes (0 when the server does not say), and a mark of this version of the file."""
    with _request("HEAD", address) as reply:
        head = reply.headers
    return int(head.get("Content-Length", 0)), head.get("ETag") or head.get("Last-Modified") or ""


def _request(method: str, address: str, **headers: str) -> Any:
    """The answer of a server, whose body is not read yet."""
    try:
        import requests
    except ImportError as error:
        raise MMSRError(f"downloads need packages: pip install 'mmsr-lite[download]' ({error})") from error
    _refuse_without_encryption(address)
    try:
        headers = {"Accept-Encoding": "identity"} | headers
        session = requests.Session()
        plain = session.adapters.pop("http://")  # so that no server can redirect to an address without encryption
        for here in HERE:
            session.mount(f"http://{here}:", plain)
        reply = session.request(method, address, headers=headers, timeout=WAIT, stream=True, allow_redirects=True)
        if not reply.ok:
            reply.close()
        reply.raise_for_status()
    except requests.RequestException as error:
        fix = "try later, or name a mirror in MMSR_MIRROR"
        raise MMSRError(f"{address!r} cannot be fetched: {error}; {fix}") from error
    return reply


def _refuse_without_encryption(address: str) -> None:
    """Raise unless `address` is https or lies on this machine: others could change what comes over plain http."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.netloc.rpartition(":")[0] in HERE):
        raise MMSRError(
            f"{address!r} is not https, so anybody on the way could change what comes; name an https mirror"
        )


def _fetch(address: str, size: int, mark: str, folder: Path, known: dict[str, str], published: str | None) -> Path:
    """Fetch one file into `folder`, and unpack an archive; the path of the file, or of the unpacked folder."""
    import pooch

    name = address.rpartition("/")[2]
    part = folder / f".{name}.{content_hash(address, size, mark)}.part"  # another version of the file has another part
    expected = f"md5:{published}" if published else known.get(name)

    def resume(url: str, target: str, _: Any) -> None:
        _stream(url, size, part)
        os.replace(part, target)

    try:
        pooch.retrieve(url=address, known_hash=expected, fname=name, path=folder, downloader=resume)
    except ValueError as error:
        if isinstance(error, MMSRError):
            raise
        raise MMSRError(f"{name!r} from {address!r} is not what {expected!r} says and was removed: {error}") from error
    except OSError as error:
        raise MMSRError(f"{name!r} cannot be kept in {str(folder)!r}: {error}") from error
    if not expected:
        known[name] = f"sha256:{file_hash(folder / name)}"
        write_json(folder / "hashes.json", known, indent=1)
    if name.endswith(".zip"):
        pooch.Unzip(extract_dir=".")(str(folder / name), "download", None)
        return folder / name.removesuffix(".zip")
    return folder / name


def _stream(url: str, size: int, part: Path) -> None:
    """Append to `part` until it is whole; connect again when the server falls silent or the connection breaks."""
    import requests
    import urllib3
    from tqdm.auto import tqdm

    broken = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
    done = part.stat().st_size if part.is_file() else 0
    with tqdm(total=size or None, initial=done, desc=url.rpartition("/")[2], unit="B", unit_scale=True) as bar:
        for attempt in range(TRIES):
            try:
                with _request("GET", url, **({"Range": f"bytes={done}-"} if done else {})) as reply:
                    if reply.status_code != 206:  # a server without ranges sends the file from its beginning
                        done = 0
                    with open(part, "ab" if done else "wb") as file:
                        while block := reply.raw.read(1 << 16):
                            file.write(block)
                            done += len(block)
                            bar.update(done - bar.n)
                if not size or done == size:
                    return
                reason: Any = f"{done:,} of {size:,} bytes came"
            except (MMSRError, *broken) as error:
                reason, done = error, part.stat().st_size if part.is_file() else 0
            if done > size > 0:
                part.unlink()
                done = 0
            time.sleep(min(attempt, 3))
    raise MMSRError(f"{url!r} broke off {TRIES} times ({reason}); the {done:,} bytes that came are kept, ask again")
