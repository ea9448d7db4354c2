"""The page of all tables, beside the paper's numbers; every sentence on it follows from the numbers, but a reading."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.data.storage import atomic, read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.notes import read_note, read_sidecar
from mmsr_lite.experiments.table import BETAS, TESTED, label_of, rankings_in, read_rows, system_of
from mmsr_lite.experiments.verdicts import apart, decides
from mmsr_lite.models import MODELS
from mmsr_lite.records.ranking_names import IN_WORDS, headline_first, in_words, key_of

FIRST = TESTED[:2]
OLDER = """*This reading is older than the test over users and seeds: its p-values are of users alone, of one ranking.*
"""
HEAD = """# Results

Written by `mmsr-lite tables --page` from the tables beside it, and `reading.md` where a data set has one. Percent of
full rankings: mean ± standard deviation over seeds. There are two rankings. "All items" is the paper's: the target
among all items. "Own items masked" leaves out what the user has already taken. The headline stands first: own items
masked where fewer than 1 % of the test targets lie in their own history, all items elsewhere; the other one stands
beside it. A table that an older version made has all items alone, and says so. Where times tie, each seed is trained
and ranked in several random orders at ties, and its number is the mean over them.

The settings of every system were chosen by trials on validation, then each seed trained on the whole training part;
the column "trials" says how many. What chose stands above each table.

Each system is tested against the system without a difference (in `controls`, `fusion_order` and `missing`: the same
model undisturbed). The test takes users and seeds as two crossed random samples; "difference" is in percent points,
with the 95 % interval of the same test; p is corrected by Holm for all tests of the table in that ranking. Orders at
ties are a third sample where there are several. Systems with p from 0.05 on
are not clearly apart. A system with one seed is never compared. "no ranks" says that the ranks of some run were not
kept, so that nobody can compute the p-value again: such a pair counts as not tested, whatever an older test said of it.
"paper" is the paper's number, of all items, from its own features of the items and its own choice of epochs.
"""


def write_page(out: str | Path) -> Path:
    """Write the page of all tables.

    Args:
        out: the folder that holds a folder of tables for each data set.

    Returns:
        The file, `out`/README.md.

    Raises:
        MMSRError: when there are no tables.
    """
    folders = [file.parent for file in sorted(Path(out).glob("*/dataset.json"))]
    if not folders:
        raise MMSRError(f"{str(out)!r} holds no tables; make some with mmsr-lite tables STUDY")
    paper = read_json(Path(__file__).with_name("paper.json"))
    place = Path(out, "README.md")
    lines = [HEAD, *(line for folder in folders for line in _dataset(folder, paper))]
    with atomic(place) as tmp:
        tmp.write_text("\n".join(lines), encoding="utf-8")
    return place


def _dataset(folder: Path, paper: dict[str, Any]) -> list[str]:
    note = read_note(folder)
    summary = f"{note['users']:,} users, {note['items']:,} items, {note['interactions']:,} interactions; modalities: "
    summary += ", ".join(f"{_safe(name)} ({kind['items']:,} items)" for name, kind in note["modalities"].items()) + "."
    if best := note["reachable"]:
        numbers = ", ".join(f"{metric} {best[metric]:.2f}" for metric in TESTED)
        summary += f" The best that can be reached, all items: {numbers}."
    if "own_targets" in note:
        summary += f" {note['own_targets']:.2f} % of the test targets lie in their own history,"
        summary += f" so the headline is {IN_WORDS[note['headline']]}."
    if len(note.get("tie_seeds", [])) > 1:
        summary += f" Times tie: every seed has a run in each of {len(note['tie_seeds'])} random orders at ties."
    reading = []
    if (folder / "reading.md").is_file():
        reading.append(OLDER)
        reading.append((folder / "reading.md").read_text(encoding="utf-8"))
    lines = [f"## {_safe(note['name'])}", "", summary, "", *reading]
    tables = {name: Table(folder, name) for name in STUDIES if (folder / f"{name}.csv").is_file()}
    for name, table in tables.items():
        theirs = paper.get(name, {}).get(paper["datasets"].get(note["name"]), {})
        lines += [
            f"### {name} ({STUDIES[name].paper}): {STUDIES[name].asks}",
            "",
            f"{table.trials} {table.which}",
            "",
            *table.rows(theirs),
            "",
        ]
        sentences = table.rivals(tables.get("controls"), theirs) if name == "comparison" else table.verdicts()
        lines += [*(f"- {sentence}" for sentence in sentences + table.gates(folder)), ""]
    return lines


class Table:
    """One study on one data set: `mean` and `sd` of each system by metric, and the paired `tests`."""

    def __init__(self, folder: Path, name: str):
        rows, sidecar = read_rows(folder / f"{name}.csv"), read_sidecar(folder, name)
        self.name, self.labels = name, {label_of(system_of(row)): row for row in rows}
        self.tried = {one: str(row["trials"] or "") for one, row in self.labels.items()}
        there, note = rankings_in(rows), read_note(folder)
        self.metrics = {one: [key_of(metric, one) for metric in TESTED] for one in there}
        self.rankings = [one for one in headline_first(note.get("headline")) if one in there]
        self.first = [key_of(metric, self.rankings[0]) for metric in FIRST]
        table = pd.DataFrame(rows).assign(system=[label_of(system_of(row)) for row in rows])
        columns = [metric for metrics in self.metrics.values() for metric in metrics]
        of_seeds = table.groupby(["system", "seed"])[columns].mean()  # over the orders at ties
        by = of_seeds.groupby("system")
        self.mean, self.sd, self.seeds = by.mean(), by.std(), by.size()
        self.which = _which(self.rankings, {row["chosen_by"] for row in rows} - {""})
        self.tests = {(test["system"], test["against"], test["metric"]): test for test in sidecar["tests"]}
        tried = (f"{field} {', '.join(map(str, values))}" for field, values in sidecar["grid"].items())
        self.trials = f"Trials: {' x '.join(tried) or 'not noted'}."
        self.tests |= {(other, one, metric): test for (one, other, metric), test in self.tests.items()}
        self.against = {one: label_of(system_of(row | STUDIES[name].reference)) for one, row in self.labels.items()}

    def rows(self, theirs: dict[str, dict[str, float]]) -> list[str]:
        """The Markdown table, with the paper's numbers where it has them."""
        headline, *others = [self.metrics[one] for one in self.rankings]
        columns = ["system", *map(in_words, headline), "seeds", "trials"]
        columns += [column for metric in FIRST for column in (f"difference ({metric})", f"p ({metric})")]
        columns += [in_words(metric) for other in others for metric in other]
        columns += [f"paper {metric}" for metric in FIRST] if theirs else []
        lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        for one, row in self.labels.items():
            cells = [_safe(one), *(self._number(one, metric) for metric in headline), str(self.seeds[one])]
            cells.append(self.tried[one])
            for metric in self.first:
                cells += self._tested(one, metric)
            cells += [self._number(one, metric) for other in others for metric in other]
            number = theirs.get(row["variant"] or row["model"], {})
            cells += [f"{number[m]:.2f}" if m in number else "" for m in FIRST] if theirs else []
            lines.append("| " + " | ".join(cells) + " |")
        return lines

    def _number(self, one: str, metric: str) -> str:
        """Mean ± standard deviation over seeds."""
        spread = f" ± {self.sd[metric][one]:.2f}" if self.seeds[one] > 1 else ""
        return f"{self.mean[metric][one]:.2f}{spread}"

    def rivals(self, controls: Table | None, theirs: dict[str, dict[str, float]]) -> list[str]:
        """MMSR beside the best learned baseline, the best that counts, its control, and what the paper has."""
        if "mmsr" not in self.labels:
            return []
        lines = []
        for ranking in self.rankings:
            others = self.mean[key_of(FIRST[0], ranking)].drop("mmsr")
            kinds = others.groupby([MODELS[self.labels[one]["model"]].learns for one in others.index], sort=False)
            lines += [self._compared("mmsr", best, ranking) for best in kinds.idxmax()]
        if controls is not None and {"mmsr, true", "mmsr, shuffled"} <= controls.labels.keys():
            for ranking in controls.rankings:
                lines.append("The control: " + controls._compared("mmsr, true", "mmsr, shuffled", ranking))
        if theirs:
            best = max(theirs.keys() - {"mmsr"}, key=lambda one: theirs[one]["HR@5"])
            ahead = ", ".join(f"{100 * (theirs['mmsr'][m] / theirs[best][m] - 1):+.1f} % in {m}" for m in TESTED)
            lines.append(f"In the paper, all items: mmsr, compared with its best baseline {best}: {ahead}.")
        return lines

    def verdicts(self) -> list[str]:
        """Who is ahead of its reference, who behind, who neither: in groups by what was changed, or by what was not."""
        pairs = {}  # system -> what is changed in it, and what is the same as in its reference
        for one, other in self.against.items():
            if one != other and other in self.labels:
                both = [*zip(system_of(self.labels[one]), system_of(self.labels[other]), strict=True)]
                pairs[one] = [label_of(tuple(a for a, b in both if (a == b) is equal)) for equal in (False, True)]
        changed, same = ({pair[place] for pair in pairs.values()} for place in (0, 1))
        first = int(len(same) < len(changed))
        alone = len({self.against[one] for one in pairs}) == 1
        groups: dict[str, dict[str, str]] = {}
        for one, pair in pairs.items():
            group = f"Against {self.against[one]}" if alone else pair[first]
            groups.setdefault(group, {})[one] = pair[0 if alone else 1 - first]
        lines = []
        for group, systems in groups.items():
            for metric in self.first:
                words: dict[str, list[str]] = {}
                for one, name in systems.items():
                    words.setdefault(self._verdict(one, self.against[one], metric), []).append(_safe(name))
                if len(words.get("not clearly apart", ())) > 8:
                    words["not clearly apart"] = [f"{len(words['not clearly apart'])} others"]
                verdicts = "; ".join(f"{word}: {' / '.join(some)}" for word, some in sorted(words.items()))
                lines.append(f"{_safe(group)}, {in_words(metric)}. {verdicts}.")
        return lines

    def gates(self, folder: Path) -> list[str]:
        """What the gates did, for the study that asks."""
        if self.name != "gates" or not (file := folder / f"{BETAS}.csv").is_file():
            return []
        table = pd.read_csv(file)
        last = (table["layer"] == table["layer"].max()) & (table["node_type"] == "item")
        mean = table.query("by == 'all' and layer < layer.max()").groupby(["layer", "node_type"])["beta"].mean()
        sentences = [
            f"Layer {n}, {_safe(kind)} nodes: beta of late fusion (hohe) {b:.2f}." for (n, kind), b in mean.items()
        ]
        asked = table[last].query("by == 'position' and bin == 1")["beta"].mean()
        return [*sentences, f"Last layer, the last item, whose gate alone reaches a score there: beta {asked:.2f}."]

    def _compared(self, one: str, other: str, ranking: str) -> str:
        parts = []
        for metric in (key_of(name, ranking) for name in FIRST):
            a, b = self.mean[metric][one], self.mean[metric][other]
            share = f", {100 * (a / b - 1):+.1f} %" if b else ""
            numbers = f"{a:.2f} to {b:.2f}{share}, {_p(self.tests.get((one, other, metric))) or 'no p'}"
            name = in_words(metric).split(",")[0]
            parts.append(f"{self._verdict(one, other, metric)} in {name} ({numbers})")
        return f"{_safe(one)}, compared with {_safe(other)}, {IN_WORDS[ranking]}: {'; '.join(parts)}."

    def _verdict(self, one: str, other: str, metric: str) -> str:
        test = self.tests.get((one, other, metric))
        if test is None:
            return "not tested"
        if not decides(test):
            return "not tested, ranks not kept"
        if not apart(test):
            return "not clearly apart"
        lead = self.mean[metric][one] - self.mean[metric][other]
        return "ahead" if lead > 0 else "behind"

    def _tested(self, one: str, metric: str) -> list[str]:
        """The cells of the difference from the reference, with its interval, and of its p-value."""
        if one == self.against[one] or self.against[one] not in self.labels:
            return ["", ""]
        test = self.tests.get((one, self.against[one], metric))
        if test is not None and decides(test):
            turned = test["system"] != one
            ends = [-test["high"], -test["low"]] if turned else [test["low"], test["high"]]
            difference = -test["difference"] if turned else test["difference"]
            return [f"{difference:+.2f} ({ends[0]:+.2f} to {ends[1]:+.2f})", _p(test)]
        pair = (one, self.against[one])
        if any(self.seeds[name] < 2 and MODELS[self.labels[name]["model"]].learns for name in pair):
            return ["", "one seed"]
        return ["", "no ranks"]


def _which(rankings: list[str], chosen_by: set[str]) -> str:
    """Which rankings a table has, the headline first, and what its trials were chosen by, in a sentence or two."""
    words = f"Ranking: {IN_WORDS[rankings[0]]}"
    if len(rankings) > 1:
        words += f"; beside it: {IN_WORDS[rankings[1]]}"
    else:
        words += " alone, because an older version made this table"
    if chosen_by:
        words += f". Trials were chosen by {' and by '.join(in_words(one) for one in sorted(chosen_by))}"
    return f"{words}."


def _p(test: dict[str, Any] | None) -> str:
    """The corrected p-value in words, nothing where there is no test that decides."""
    if test is None or not decides(test):
        return ""
    if test["holm"] < 0.001:
        return "p < 0.001"
    return f"p = {test['holm']:.3f}"


def _safe(name: str) -> str:
    """A name as Markdown shows it, whatever is in it."""
    return escape(name).replace("|", "&#124;")
