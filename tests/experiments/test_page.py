"""The page says what the tables say, and nothing else."""

import numpy as np
import pytest

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.experiments.page import write_page
from mmsr_lite.experiments.table import TESTED, read_rows


def lines(page, begin):
    return [line for line in page.read_text().splitlines() if line.startswith(begin)]


def test_the_numbers_of_the_page_are_those_of_the_tables(carry_out):
    carry_out("released")
    rows = read_rows(carry_out.place / "released.csv")
    tests = read_json(carry_out.place / "released.json")["tests"]
    shown = {cells[1].strip(): cells for cells in (line.split("|") for line in lines(page(carry_out), "| mmsr"))}
    assert len(shown) == 5
    for system, cells in shown.items():
        mine = [row for row in rows if f"mmsr, {row['variant']}" == system]
        for metric, cell in zip(TESTED, cells[2:], strict=False):
            values = [row[metric] for row in mine]
            assert cell.strip() == f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}"
        found = [test for test in tests if (test["system"], test["metric"]) == (system, "HR@5")]
        assert cells[7].strip() == "".join("p < 0.001" if t["p"] < 0.001 else f"p = {t['p']:.3f}" for t in found)
    assert len({test["system"] for test in tests}) == 4 and {t["against"] for t in tests} == {"mmsr, the paper"}


def page(carry_out):
    return write_page(carry_out.place.parent)


@pytest.mark.parametrize("p, better, word", [(0.01, 1, "ahead"), (0.01, -1, "behind"), (0.2, 1, "not clearly apart")])
def test_a_sentence_follows_from_means_and_p(done, p, better, word):
    for name in ("csv", "json"):
        (done.place / f"tiny.{name}").rename(done.place / f"comparison.{name}")
    table, sidecar = done.place / "comparison.csv", done.place / "comparison.json"
    means = {n: np.mean([r["HR@5"] for r in read_rows(table) if r["model"] == n]) for n in ("mmsr", "markov")}
    if np.sign(means["mmsr"] - means["markov"]) != better:  # the names change places
        text = table.read_text().replace(",mmsr,", ",?,").replace(",markov,", ",mmsr,").replace(",?,", ",markov,")
        table.write_text(text)
        means = dict(zip(means, reversed(means.values()), strict=True))
    found = read_json(sidecar)
    write_json(sidecar, found | {"tests": [test | {"p": p} for test in found["tests"]]})
    (said,) = lines(page(done), "- mmsr, compared with markov")
    share = 100 * (means["mmsr"] / means["markov"] - 1)
    assert f"{word} in HR@5 ({means['mmsr']:.2f} to {means['markov']:.2f}, {share:+.1f} %, p = {p:.3f})" in said


def test_the_papers_numbers_stand_beside_ours_on_its_data_alone(done):
    (done.place / "tiny.csv").rename(done.place / "comparison.csv")
    assert "paper HR@5" not in page(done).read_text()
    note = read_json(done.place / "dataset.json")
    write_json(done.place / "dataset.json", note | {"name": "amazon-beauty"})
    (row,) = lines(page(done), "| mmsr")
    assert row.endswith("| 7.16 | 4.44 |")  # Table 2
    (said,) = lines(page(done), "- In the paper")
    assert f"dif-sr: {100 * (7.1563 / 6.5789 - 1):+.1f} % in HR@5" in said


def test_names_cannot_break_the_page(done):
    note = read_json(done.place / "dataset.json")
    write_json(done.place / "dataset.json", note | {"name": "<script>|x"})
    assert lines(page(done), "## ") == ["## &lt;script&gt;&#124;x"]
