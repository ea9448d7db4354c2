"""The systems of all stored studies of a data set, with the ranks that are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmsr_lite.data.storage import read_json
from mmsr_lite.experiments.kept_ranks import read_kept
from mmsr_lite.experiments.study import MIXED
from mmsr_lite.experiments.table import Row, label_of, of_whole_seeds, rankings_in, read_rows, system_of
from mmsr_lite.models import MODELS
from mmsr_lite.records.ranking_names import headline_first, key_of


@dataclass(frozen=True, order=True)
class System:
    """A system of a study, by its label there.

    Attributes:
        study: name of the study.
        label: as `table.label_of` makes it, "mmsr, shuffled"; empty where no such system is known.
    """

    study: str
    label: str


class StoredSystems:
    """What a folder of tables holds.

    Args:
        place: the folder of a data set's tables.
        studies: names of the studies whose tables are read.

    Attributes:
        rows: system -> its rows, one for each seed and order at ties; seeds that lack an order are left out.
        terms: settings that are equal for all systems.
        ranking: the headline, or "all" for tables that have one ranking alone.
    """

    def __init__(self, place: Path, studies: Iterable[str]):
        self.place = place
        note = read_json(place / "dataset.json")
        self.terms: dict[str, Any] = note["terms"]
        self._modalities = [*note["modalities"]]
        self.rows: dict[System, list[Row]] = {}
        for study in studies:
            for row in read_rows(place / f"{study}.csv"):
                self.rows.setdefault(System(study, label_of(system_of(row))), []).append(row)
        whole = {system: of_whole_seeds(rows) for system, rows in self.rows.items()}
        self.rows = {system: rows for system, rows in whole.items() if rows}
        there = rankings_in(row for rows in self.rows.values() for row in rows)
        self.ranking = next((name for name in headline_first(note.get("headline")) if name in there), "all")
        self._ranks: dict[System, list[np.ndarray]] = {}
        self.user: np.ndarray | None = None

    @property
    def all_modalities(self) -> str:
        """The name that tables have for damage to all modalities."""
        return MIXED if len(self._modalities) > 1 else self._modalities[0]

    def of_study(self, study: str) -> list[System]:
        """The systems of a study."""
        return [system for system in self.rows if system.study == study]

    def model(self, system: System) -> str:
        """The model of a system."""
        return self.rows[system][0]["model"]

    def learns(self, system: System) -> bool:
        """Whether a system has seeds."""
        return MODELS[self.model(system)].learns

    def mean(self, system: System, metric: str) -> float:
        """The mean of a metric over the runs of a system, in the headline ranking."""
        return float(np.mean([row[key_of(metric, self.ranking)] for row in self.rows[system]]))

    def greatest(self, systems: Iterable[System], metric: str) -> System:
        """The system with the greatest mean; one without a label where none of them was run."""
        there = [system for system in systems if system in self.rows]
        return max(there, key=lambda system: self.mean(system, metric), default=System("comparison", ""))

    def chosen(self, model: str) -> System:
        """The system of a model, in the comparison or with a departure, whose trial was best on validation.

        Args:
            model: name of the model.

        Returns:
            The system; one without a label where no table says what trials had on validation.
        """
        candidates = {
            system: rows[0]["validated"]
            for system, rows in self.rows.items()
            if system.study in ("comparison", "departures") and rows[0]["model"] == model
        }
        known = {system: value for system, value in candidates.items() if not np.isnan(value)}
        if not known:
            return System("comparison", "")
        return max(known, key=lambda system: (known[system], system.study == "comparison"))

    def ranks(self, system: System) -> list[np.ndarray] | None:
        """The ranks of the test targets by each seed of a system, (O, E) each, with O orders at ties.

        Args:
            system: a system of `rows`.

        Returns:
            The ranks; None where those of some run are not kept.
        """
        if system not in self._ranks:
            rows = self.rows[system]
            kept = read_kept(self.place, [key_of(row["run"], self.ranking) for row in rows])
            if kept.user is None or len(kept.runs) < len({row["run"] for row in rows}):
                return None
            self.user = kept.user
            seeds, orders = (sorted({row[name] for row in rows}) for name in ("seed", "tie_seed"))
            cells = {(row["seed"], row["tie_seed"]): kept.runs[key_of(row["run"], self.ranking)] for row in rows}
            self._ranks[system] = [np.stack([cells[seed, order] for order in orders]) for seed in seeds]
        return self._ranks[system]

    def orders(self, system: System) -> list[int]:
        """The tie seeds of a system's runs."""
        return sorted({row["tie_seed"] for row in self.rows[system]})
