"""The page says what the tables say, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.experiments.claims import CLAIMS
from mmsr_lite.experiments.results_markdown import write_page
from mmsr_lite.experiments.table import LATER, TESTED, read_rows

MASKED = [f"masked {metric}" for metric in TESTED]


@pytest.fixture
def place(done):
    """The tiny study, which stands in for the comparison."""
    for name in ("csv", "json"):
        (done.place / f"tiny.{name}").rename(done.place / f"comparison.{name}")
    return done.place


def lines(place, begin):
    """Of the page of all tables."""
    return [line for line in write_page(place.parent).read_text().splitlines() if line.startswith(begin)]


def rename_data(place, name):
    write_json(place / "dataset.json", read_json(place / "dataset.json") | {"name": name})


@pytest.mark.slow
def test_the_numbers_of_the_page_are_those_of_the_tables(place):
    rows, tests = read_rows(place / "comparison.csv"), read_json(place / "comparison.json")["tests"]
    shown = {cells[1].strip(): cells for cells in (line.split("|") for line in lines(place, "| m"))}
    assert shown.keys() == {"markov", "mmsr"} == {test[end] for test in tests for end in ("system", "against")}
    for system, cells in shown.items():
        for metric, cell in zip(MASKED, cells[2:], strict=False):  # the headline of the ring
            values = [row[metric] for row in rows if row["model"] == system]
            spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
            assert cell.strip() == f"{np.mean(values):.2f}{spread}"
        found = [test for test in tests if (test["system"], test["metric"]) == (system, "masked HR@5")]
        assert cells[8].strip() == "".join(
            f"{t['difference']:+.2f} ({t['low']:+.2f} to {t['high']:+.2f})" for t in found
        )
        assert cells[9].strip() == "".join("p < 0.001" if t["holm"] < 0.001 else f"p = {t['holm']:.3f}" for t in found)


APART, FIRST = "not apart", "masked MRR@5"


def test_a_table_of_an_older_version_says_that_it_has_all_items_alone(place):
    file = place / "comparison.csv"
    pd.read_csv(file).drop(columns=[*LATER]).to_csv(file, index=False)
    page = write_page(place.parent).read_text()
    told = "Ranking: all items alone, because an older version made this table. Trials were chosen by MRR@5, all items."
    assert told in page and "HR@5, own items masked" not in page
    (row,) = lines(place, "| mmsr")
    values = [one["HR@5"] for one in read_rows(file) if one["model"] == "mmsr"]
    assert row.split("|")[2].strip() == f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}"


@pytest.mark.parametrize("holm, better, word", [(0.01, 1, "ahead"), (0.01, -1, "behind"), (0.2, 1, APART)])
def test_a_verdict_follows_from_means_and_the_corrected_p(place, holm, better, word):
    table, sidecar = place / "comparison.csv", place / "comparison.json"
    means = {n: np.mean([r[FIRST] for r in read_rows(table) if r["model"] == n]) for n in ("mmsr", "markov")}
    if np.sign(means["markov"] - means["mmsr"]) != better:  # the names change places
        text = table.read_text().replace(",mmsr,", ",?,").replace(",markov,", ",mmsr,").replace(",?,", ",markov,")
        table.write_text(text)
    found = read_json(sidecar)
    assert {test["system"] for test in found["tests"]} == {"markov"}
    write_json(sidecar, found | {"tests": [t | {"holm": holm} for t in found["tests"]]})
    (row,) = lines(place, "| markov")
    assert row.split("|")[13].strip() == word and row.split("|")[12].strip() == f"p = {holm:.3f}"
    (row,) = lines(place, "| mmsr")
    assert not row.split("|")[13].strip()  # it is the reference


def test_a_pair_without_ranks_and_a_pair_of_one_seed_are_called_not_tested(place):
    table, sidecar = place / "comparison.csv", place / "comparison.json"
    found = read_json(sidecar)
    old = [{name: v for name, v in test.items() if name != "holm"} | {"p": 1e-9} for test in found["tests"]]
    write_json(sidecar, found | {"tests": old})
    (row,) = lines(place, "| markov")
    assert [cell.strip() for cell in row.split("|")[8:14]] == ["", "no ranks", "", "", "no ranks", ""]
    kept = [line for line in table.read_text().splitlines() if ",mmsr," not in line or ",1," not in line]
    table.write_text("\n".join(kept))  # mmsr has one seed
    write_json(sidecar, found | {"tests": []})
    (row,) = lines(place, "| markov")
    assert [cell.strip() for cell in row.split("|")[8:14]] == ["", "one seed", "", "", "one seed", ""]


def test_of_the_last_layers_gates_the_one_that_is_asked_is_told(place):
    for name in ("csv", "json"):
        (place / f"comparison.{name}").rename(place / f"gates.{name}")
    kinds = [(1, "item", "all", 0, 0.9), (1, "a", "all", 0, 0.2), (2, "item", "all", 0, 0.3), (2, "a", "all", 0, 0.4)]
    kinds += [(2, "item", "position", 1, 0.7), (2, "item", "position", 2, 0.1)]
    table = pd.DataFrame(kinds, columns=["layer", "node_type", "by", "bin", "beta"])
    pd.concat([table.assign(seed=0), table.assign(seed=1, beta=table.beta + 0.04)]).to_csv(place / "gate_values.csv")
    told = [[cell.strip() for cell in line.split("|")[1:4]] for line in lines(place, ("| 1 |", "| last |"))]
    assert told == [["1", "a nodes", "0.22"], ["1", "item nodes", "0.92"], ["last", "the last item", "0.72"]]


def test_the_papers_numbers_stand_beside_ours_on_its_data_alone(place):
    assert not any("paper HR@5" in head for head in lines(place, "| system"))
    rename_data(place, "amazon-beauty")
    (row,) = lines(place, "| mmsr")
    assert row.endswith("| 7.16 | 4.44 |")  # Table 2


def test_the_claims_stand_before_the_tables(place):
    page = write_page(place.parent).read_text()
    assert page.index("## ring") < page.index("### The claims") < page.index("### comparison")


def test_the_control_whose_codes_are_of_other_items_has_one_name(place):
    file = place / "comparison.csv"
    pd.read_csv(file, keep_default_na=False).assign(corruption="mismatched").to_csv(file, index=False)
    shown = {line.split("|")[1].strip() for line in lines(place, "| m")}
    assert shown == {"markov, shuffled codes", "mmsr, shuffled codes"}


def test_the_page_begins_with_its_data_sets_and_how_many_claims_hold_there(place):
    page = write_page(place.parent).read_text()
    (row,) = [line for line in page.splitlines() if line.startswith("| [ring](#ring) |")]
    held, failed, untold = (cell.split(", ") if cell.strip() else [] for cell in row.split("|")[2:5])
    assert len(held) + len(failed) + len(untold) == len(CLAIMS) and page.index(row) < page.index("## ring")


def test_what_all_tables_of_a_data_set_have_in_common_is_said_once(place):
    page = write_page(place.parent).read_text()
    assert page.count("Trials: lr") == 1 and page.index("All tables: Trials: lr") < page.index("### The claims")


def test_tables_with_other_trials_say_their_own(place):
    for name in ("csv", "json"):
        (place / f"controls.{name}").write_bytes((place / f"comparison.{name}").read_bytes())
    sidecar = read_json(place / "controls.json")
    write_json(place / "controls.json", sidecar | {"grid": {"lr": [0.5]}})
    page = write_page(place.parent).read_text()
    assert "All tables: " not in page and page.count("Trials: lr") == 2 and "Trials: lr 0.5." in page


def test_a_world_says_that_most_of_its_targets_are_drawn_at_random(place):
    rename_data(place, "world-ring")
    assert "are garments drawn at random" in write_page(place.parent).read_text()
    rename_data(place, "ring")
    assert "are garments drawn at random" not in write_page(place.parent).read_text()


def test_the_prose_of_the_page_is_six_sentences(place):
    head = write_page(place.parent).read_text().split("| data set |")[0].split("# Results")[1]
    sentences = [one for one in head.replace("\n", " ").split(". ") if one.strip()]
    assert len(sentences) == 6


def test_names_cannot_break_the_page(place):
    rename_data(place, "<script>|x")
    assert lines(place, "## ") == ["## &lt;script&gt;&#124;x"]
