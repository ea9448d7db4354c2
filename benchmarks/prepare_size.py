"""How long and how much memory `mmsr-lite prepare` takes as raw data grow: Amazon reviews (JSON, gzipped) and Parquet.

    python benchmarks/prepare_size.py --rows 1000000 10000000 --work SCRATCH

Data are drawn at random with the length of lines of real reviews, and removed afterwards; a row is a line of the table.
"""

import argparse
import gzip
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

CHUNK = 1_000_000


def draw(count: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Users, items (few are popular) and days of `count` of `rows` reviews: rows / 4 users, 3 % of rows items."""
    rng = np.random.default_rng(seed)
    user, item = ((size * rng.random(count) ** 2).astype(int) for size in (rows // 4, rows * 3 // 100))
    return user, item, 1_300_000_000 + 86_400 * rng.integers(0, 1500, count)


def write_reviews(rows: int, folder: Path) -> None:
    """reviews_Drawn.json.gz as in 2014, about 620 bytes a line."""
    words = np.random.default_rng(1).integers(97, 123, (4096, 900), np.uint8)
    words[:, ::6] = 32
    bodies = [row[: 100 + 200 * (i % 4)].tobytes().decode() for i, row in enumerate(words)]
    with gzip.open(folder / "reviews_Drawn.json.gz", "wt", compresslevel=1, encoding="utf-8") as file:
        for begin in range(0, rows, CHUNK):
            drawn = (column.tolist() for column in draw(min(CHUNK, rows - begin), rows, begin))
            for n, (u, i, t) in enumerate(zip(*drawn, strict=True)):
                file.write(
                    f'{{"reviewerID": "A{u:013X}", "asin": "B{i:09d}", "reviewerName": "Somebody", "helpful": [0, 1], '
                    f'"reviewText": "{bodies[n % 4096]}", "overall": 5.0, "summary": "Just as told", '
                    f'"unixReviewTime": {t}, "reviewTime": "01 30, 2014"}}\n'
                )


def write_parquet(rows: int, folder: Path) -> None:
    """interactions.parquet with ids as strings."""
    user, item, when = draw(rows, rows, 0)
    ids = {"user_id": pd.Series(user).astype(str), "item_id": pd.Series(item).astype(str)}
    pd.DataFrame(ids | {"timestamp": when}).to_parquet(folder / "interactions.parquet", index=False)


FORMS = {"Amazon 2014, gzipped JSON": (write_reviews, "amazon:{}/Drawn"), "Parquet": (write_parquet, "{}")}


def measure(form: str, rows: int, work: Path) -> str:
    """A row of the table."""
    write, source = FORMS[form]
    folder = work / "raw"
    shutil.rmtree(work, ignore_errors=True)
    folder.mkdir(parents=True)
    write(rows, folder)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 2**30
    command = [sys.executable, "-m", "mmsr_lite.cli", "prepare", source.format(folder), "-o", str(work / "out")]
    began = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=os.environ | {"MMSR_CACHE": str(work / "cache")}, **quiet)
    used: resource.struct_rusage = os.wait4(child.pid, 0)[2]
    seconds, left = time.perf_counter() - began, len(pd.read_parquet(work / "out" / "interactions.parquet"))
    shutil.rmtree(work)
    return (
        f"| {form} | {rows:,} | {size:.2f} GiB | {left:,} | {seconds:.0f} s | "
        f"{used.ru_utime + used.ru_stime:.0f} s | {used.ru_maxrss / 2**20:.2f} GiB |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options.add_argument("--work", type=Path, required=True, help="an empty place for some gigabytes")
    options.add_argument("--form", nargs="+", default=list(FORMS), choices=FORMS)
    args = options.parse_args()
    print("| source | reviews | file | after 5-core | time | CPU | most memory |\n|---|---|---|---|---|---|---|")
    for form in args.form:
        for rows in args.rows:
            print(measure(form, rows, args.work / "prepare-size"), flush=True)


if __name__ == "__main__":
    main()
