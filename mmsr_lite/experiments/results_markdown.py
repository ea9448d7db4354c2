"""The page of all tables: the claims of each data set first, then each study, beside the paper's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.data.storage import atomic, read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.ceiling import FILE as PROVED
from mmsr_lite.experiments.ceiling import ceiling_lines
from mmsr_lite.experiments.claim_verdicts import FAILS, HOLDS, UNTOLD, Answer, answer_claims, verdict_of
from mmsr_lite.experiments.claims import Claim
from mmsr_lite.experiments.claims_markdown import claim_lines, in_page, safe
from mmsr_lite.experiments.notes import read_note, read_sidecar
from mmsr_lite.experiments.stored_systems import StoredSystems
from mmsr_lite.experiments.table import BETAS, TESTED, label_of, of_whole_seeds, rankings_in, read_rows, system_of
from mmsr_lite.experiments.verdicts import apart, decides
from mmsr_lite.models import MODELS
from mmsr_lite.records.ranking_names import IN_WORDS, headline_first, in_words, key_of
from mmsr_lite.records.training import Test

FIRST = TESTED[:2]
HEAD = """# Results

Written by `mmsr-lite tables --recompute --page` from the tables and ranks beside it; what was to be tested, and how,
was written down before, in [the protocol](protocol.md). Numbers are percent of full rankings, mean ± standard
deviation over the seeds that were run in all orders at ties, each the mean of these orders; the headline ranking
stands first, the other one beside it. A difference is one from the system without a change, with the 95 % interval and
the p-value of one test over users, seeds and orders, corrected by Holm for the table and ranking; *ahead* and *behind*
are below 0.05. "one seed" and "no ranks" (they were not kept) are not tested. With *shuffled codes* items trade their
modalities across the catalogue; *displaced* ones trade places within each history, and a *disordered* history has its
items in another order. "paper" is the paper's number, of all items, from other features and its own choice of epochs;
of the [claims](protocol.md#claims), P are the paper's, A and O ours; where *all* of them cannot be told, ranks were
not kept or runs are missing.
"""

OF_WORLDS = """Most targets of this world are garments drawn at random, of which nobody can hit many: compare a number
with the best reachable above. Hits on the purchases, which the world decides, are on
[the page of the worlds](../../docs/worlds.md)."""
OF_CEILING = "In the first of the orders at ties alone, so other than in the tables below; hits are means over seeds."


def write_page(out: str | Path) -> Path:
    """Write the page of all tables.

    Args:
        out: the folder that holds a folder of tables for each data set.

    Returns:
        The file, `out`/README.md.

    Raises:
        MMSRError: when there are no tables.

    Example:
        >>> write_page("no-such-folder")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-folder' holds no tables; make some with mmsr-lite tables STUDY
    """
    folders = [file.parent for file in sorted(Path(out).glob("*/dataset.json"))]
    folders.sort(key=lambda folder: not (folder / PROVED).is_file())  # data sets whose claims can be told come first
    if not folders:
        raise MMSRError(f"{str(out)!r} holds no tables; make some with mmsr-lite tables STUDY")
    paper = read_json(Path(__file__).with_name("paper.json"))
    place = Path(out, "README.md")
    names = [read_note(folder)["name"] for folder in folders]  # first, since it says what a damaged folder lacks
    stored = [StoredSystems(folder, STUDIES) for folder in folders]
    answers = [answer_claims(one) for one in stored]
    lines = [HEAD, *_contents(dict(zip(names, answers, strict=True)))]
    for folder, one, found in zip(folders, stored, answers, strict=True):
        lines += _dataset(folder, paper, one, found)
    with atomic(place) as tmp:
        tmp.write_text("\n".join(lines), encoding="utf-8")
    return place


def _contents(answers: dict[str, dict[Claim, list[Answer]]]) -> list[str]:
    """What is on the page: each data set, and which claims hold there, do not, and cannot be told."""
    verdicts = (HOLDS, FAILS, UNTOLD)
    lines = [f"| data set | claims: {' | '.join(verdicts)} |", "|---" * (1 + len(verdicts)) + "|"]
    for name, found in answers.items():
        by: dict[str, list[str]] = {verdict: [] for verdict in verdicts}
        for claim, some in found.items():
            by[verdict_of(claim, some)].append(claim.name)
        told = ["all" if len(names) == len(found) else ", ".join(names) for names in by.values()]
        cells = [f"[{safe(name)}](#{_anchor(name)})", *told]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _anchor(name: str) -> str:
    """The anchor that GitHub and the site give a heading: letters, digits, dashes and underlines alone."""
    return "".join(one for one in name.lower().replace(" ", "-") if one.isalnum() or one in "-_")


def _dataset(
    folder: Path, paper: dict[str, Any], stored: StoredSystems, answers: dict[Claim, list[Answer]]
) -> list[str]:
    note = read_note(folder)
    lines = [f"## {safe(note['name'])}", "", *_facts(note), ""]
    if note["name"].startswith("world-"):
        lines += [OF_WORLDS, ""]
    tables = {name: Table(folder, name) for name in STUDIES if (folder / f"{name}.csv").is_file()}
    said = {f"{table.trials} {table.which}" for table in tables.values()}
    if len(said) == 1:  # said once and not with every table
        lines += [f"All tables: {said.pop()}", ""]
    lines += ["### The claims", "", *claim_lines(answers), ""]
    if ceiling := ceiling_lines(stored):
        lines += [
            "### What limits any system: how near targets lie to what training shows",
            "",
            OF_CEILING,
            "",
            *ceiling,
            "",
        ]
    for name, table in tables.items():
        theirs = paper.get(name, {}).get(paper["datasets"].get(note["name"]), {})
        lines += [f"### {name} ({STUDIES[name].paper}): {STUDIES[name].asks}", ""]
        if said:
            lines += [f"{table.trials} {table.which}", ""]
        lines += [*table.rows(theirs), ""]
        lines += [*table.gates(folder), ""]
    return lines


def _facts(note: dict[str, Any]) -> list[str]:
    """The table of facts about the data set."""
    modalities = ", ".join(f"{name} ({kind['items']:,} items)" for name, kind in note["modalities"].items())
    facts = {"users": f"{note['users']:,}", "items": f"{note['items']:,}"}
    facts |= {"interactions": f"{note['interactions']:,}", "modalities": modalities}
    if best := note["reachable"]:
        facts["reachable at best, all items"] = ", ".join(f"{metric} {best[metric]:.2f}" for metric in TESTED)
    if "own_targets" in note:
        facts["targets in their own history"] = f"{note['own_targets']:.2f} %"
        facts["headline"] = IN_WORDS[note["headline"]]
    facts["orders at ties"] = str(len(note.get("tie_seeds", [0])))
    return [
        "| " + " | ".join(facts) + " |",
        "|---" * len(facts) + "|",
        "| " + " | ".join(map(safe, facts.values())) + " |",
    ]


class Table:
    """One study on one data set: `mean` and `sd` of each system by metric, and the paired `tests`.

    Args:
        folder: the folder of the data set's tables.
        name: the name of the study.

    Example:
        >>> from mmsr_lite.course.stored import stored_file
        >>> folder = stored_file("assets/results/wardrobe-cycle/comparison.csv").parent
        >>> table = Table(folder, "comparison")
        >>> "mmsr" in table.labels, table.mean.shape[0] == len(table.labels)
        (True, True)
    """

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
        of_each = [of_one.to_dict("records") for _, of_one in table.groupby("system")]
        whole = pd.DataFrame([row for runs in of_each for row in of_whole_seeds(runs) or runs])
        of_seeds = whole.groupby(["system", "seed"])[columns].mean()  # over the orders at ties
        by = of_seeds.groupby("system")
        self.mean, self.sd, self.seeds = by.mean(), by.std(), by.size()
        self.runs, begun = table.groupby("system").size(), table.groupby("system")["seed"].nunique()
        self.wanted = begun * len(note.get("tie_seeds", [0]))
        self.which = _which(self.rankings, {row["chosen_by"] for row in rows} - {""})
        self.tests = {(test["system"], test["against"], test["metric"]): test for test in sidecar["tests"]}
        tried = (f"{field} {', '.join(map(str, values))}" for field, values in sidecar["grid"].items())
        self.trials = f"Trials: {' x '.join(tried) or 'not noted'}."
        self.tests |= {(other, one, metric): test for (one, other, metric), test in self.tests.items()}
        self.against = {one: label_of(system_of(row | STUDIES[name].reference)) for one, row in self.labels.items()}

    def rows(self, theirs: dict[str, dict[str, float]]) -> list[str]:
        """The Markdown table, with the paper's numbers where it has them.

        Args:
            theirs: system -> metric -> the paper's number.

        Returns:
            Lines of Markdown.
        """
        headline, *others = [self.metrics[one] for one in self.rankings]
        columns = ["system", *map(in_words, headline), "seeds", "trials"]
        columns += [column for metric in FIRST for column in (f"difference ({metric})", f"p ({metric})", "verdict")]
        columns += [in_words(metric) for other in others for metric in other]
        columns += [f"paper {metric}" for metric in FIRST] if theirs else []
        lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        for one, row in self.labels.items():
            cells = [in_page(one), *(self._number(one, metric) for metric in headline), self._seeds(one)]
            cells.append(self.tried[one])
            for metric in self.first:
                cells += [*self._tested(one, metric), self._verdict(one, metric)]
            cells += [self._number(one, metric) for other in others for metric in other]
            number = theirs.get(row["variant"] or row["model"], {})
            cells += [f"{number[m]:.2f}" if m in number else "" for m in FIRST] if theirs else []
            lines.append("| " + " | ".join(cells) + " |")
        return lines

    def _seeds(self, one: str) -> str:
        """How many seeds a system has, and whether runs are missing."""
        runs, wanted = self.runs[one], self.wanted[one]
        return str(self.seeds[one]) + (f" ({runs} of {wanted} runs)" if runs < wanted else "")

    def _number(self, one: str, metric: str) -> str:
        """Mean ± standard deviation over seeds."""
        spread = f" ± {self.sd[metric][one]:.2f}" if self.seeds[one] > 1 else ""
        return f"{self.mean[metric][one]:.2f}{spread}"

    def gates(self, folder: Path) -> list[str]:
        """The table of gate values, for the study `gates`.

        In the last layer only the gate of the last item reaches a score, so all others of that layer are left out.

        Args:
            folder: the folder of the data set's tables.

        Returns:
            Lines of Markdown.
        """
        if self.name != "gates" or not (file := folder / f"{BETAS}.csv").is_file():
            return []
        table = pd.read_csv(file)
        last = (table["layer"] == table["layer"].max()) & (table["node_type"] == "item")
        mean = table.query("by == 'all' and layer < layer.max()").groupby(["layer", "node_type"])["beta"].mean()
        asked = table[last].query("by == 'position' and bin == 1")["beta"].mean()
        lines = ["", "| layer | gates of | beta of late fusion |", "|---|---|---|"]
        lines += [f"| {layer} | {safe(kind)} nodes | {beta:.2f} |" for (layer, kind), beta in mean.items()]
        return [*lines, f"| last | the last item | {asked:.2f} |"]

    def _verdict(self, one: str, metric: str) -> str:
        """A word: is a system ahead of its reference? Empty where that was not tested."""
        test = self.tests.get((one, self.against[one], metric))
        if test is None or not decides(test) or one == self.against[one]:
            return ""
        if not apart(test):
            return "not apart"
        return "ahead" if self.mean[metric][one] > self.mean[metric][self.against[one]] else "behind"

    def _tested(self, one: str, metric: str) -> list[str]:
        """Two cells: the difference from the reference with its interval, and its p-value."""
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
    """A sentence or two: which rankings a table has, the headline first, and what chose its trials."""
    words = f"Ranking: {IN_WORDS[rankings[0]]}"
    if len(rankings) > 1:
        words += f"; beside it: {IN_WORDS[rankings[1]]}"
    else:
        words += " alone, because an older version made this table"
    if chosen_by:
        words += f". Trials were chosen by {' and by '.join(in_words(one) for one in sorted(chosen_by))}"
    return f"{words}."


def _p(test: Test | None) -> str:
    """The corrected p-value in words; empty where no test decides."""
    if test is None or not decides(test):
        return ""
    if test["holm"] < 0.001:
        return "p < 0.001"
    return f"p = {test['holm']:.3f}"
