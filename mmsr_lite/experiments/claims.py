"""The claims that the studies decide: the paper's sentences and ours, as `assets/results/protocol.md` has them.

A claim says which systems should be ahead of which others; `claim_verdicts` finds out whether they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mmsr_lite.experiments.changes import DAY, FEATURES
from mmsr_lite.experiments.stored_systems import StoredSystems, System
from mmsr_lite.models import MODELS

MARGIN = 0.086  # the paper's lead over its baselines in HR@5, as a share
METRIC = "HR@5"


@dataclass(frozen=True)
class Pair:
    """Two systems, of which the first should be ahead; where both are damaged, it should lose more.

    Attributes:
        one: the first system.
        other: the second.
        damaged: both of them damaged, for a claim about losses.

    Example:
        >>> pair = Pair(System("comparison", "mmsr"), System("comparison", "sasrec"))
        >>> len(pair.systems)
        2
    """

    one: System
    other: System
    damaged: tuple[System, System] | None = None

    @property
    def systems(self) -> tuple[System, ...]:
        """All systems that the comparison needs."""
        return (self.one, self.other, *(self.damaged or ()))


@dataclass(frozen=True)
class Claim:
    """A sentence, and what would have to be true.

    Attributes:
        name: its number in the protocol.
        sentence: what is claimed; in quotation marks where it is the paper's.
        needs: what would have to be true.
        pairs: the comparisons, from what is stored; all must hold.
        margin: the share of the reference's value by which the first systems must be ahead.

    Example:
        >>> claim = Claim("1", "MMSR is ahead of counting.", "a higher HR@5", lambda stored: [], margin=0.05)
        >>> claim.margin
        0.05
    """

    name: str
    sentence: str
    needs: str
    pairs: Callable[[StoredSystems], list[Pair]]
    margin: float = 0.0


def _ahead(study: str, one: str, *others: str) -> Callable[[StoredSystems], list[Pair]]:
    """One system of a study should be ahead of some others."""
    return lambda stored: [Pair(System(study, one), System(study, other)) for other in others]


def _ahead_of_all(study: str, one: str) -> Callable[[StoredSystems], list[Pair]]:
    """One system of a study should be ahead of all others."""

    def pairs(stored: StoredSystems) -> list[Pair]:
        others = [other for other in stored.of_study(study) if other.label != one]
        return [Pair(System(study, one), other) for other in others]

    return pairs


def _ahead_of_baselines(stored: StoredSystems) -> list[Pair]:
    return [Pair(System("comparison", "mmsr"), System("comparison", name)) for name in BASELINES]


def _ahead_of_best_baseline(stored: StoredSystems) -> list[Pair]:
    ours, rivals = System("comparison", "mmsr"), [System("comparison", name) for name in BASELINES]
    return [Pair(ours, stored.greatest(rivals, METRIC)), *_not_run(ours, stored)]


def _not_run(ours: System, stored: StoredSystems) -> list[Pair]:
    """Pairs with the baselines that were not run: any of them may be the best, so the claim cannot hold yet."""
    rivals = [System("comparison", name) for name in BASELINES]
    return [Pair(ours, rival) for rival in rivals if rival not in stored.rows]


def _best_ahead_of_rivals(stored: StoredSystems) -> list[Pair]:
    studies = [*stored.of_study("comparison"), *stored.of_study("departures")]
    rivals = [one for one in studies if stored.model(one) != "mmsr"]
    best = stored.chosen("mmsr")
    return [Pair(best, stored.greatest(rivals, METRIC)), *_not_run(best, stored)]


def _best_ahead_of_its_control(stored: StoredSystems) -> list[Pair]:
    best = stored.chosen("mmsr")
    if best.label == "mmsr":
        return [Pair(best, System("controls", "mmsr, shuffled"))]
    return [Pair(best, System("feature_controls", f"{best.label}, mismatched"))]


def _best_ahead_of(study: str, other: str) -> Callable[[StoredSystems], list[Pair]]:
    return lambda stored: [Pair(stored.chosen("mmsr"), System(study, other))]


def _with(system: System, damage: str) -> System:
    """The same system with damage."""
    return System(system.study, f"{system.label}, {damage}")


def _sensitivity(stored: StoredSystems) -> list[Pair]:
    """Late should lose more than early when histories are disordered, early more when they are displaced."""
    kind = stored.all_modalities
    found = []
    for model in ("gru4rec", "sasrec"):
        late, early = (System("fusion_order", f"{model}, {fusion}") for fusion in ("late", "early"))
        for damage, (more, less) in {
            "disordered": (late, early),
            f"displaced, {kind}, 1.0, training and test": (early, late),
        }.items():
            damaged = (_with(more, damage), _with(less, damage))
            found.append(Pair(more, less, damaged))
    return found


def _stability(stored: StoredSystems) -> list[Pair]:
    """Rivals should lose more than MMSR with global attention when half of all modalities are missing at test."""
    damage = f"missing, {stored.all_modalities}, 0.5, test"
    ours = System("missing", "mmsr, global attention")
    rivals = [System("missing", name) for name in ("sasrec-f", "dif-sr")]
    return [Pair(one, ours, (_with(one, damage), _with(ours, damage))) for one in rivals]


def _codes(stored: StoredSystems) -> list[Pair]:
    terms = stored.terms
    base = f"mmsr, C {terms.get('codes')}, k {terms.get('codes_per_item')}"
    return [Pair(System("codebook", base), System("codebook", "mmsr, no codes"))]


COUNTING = ("item-knn", "markov", "popularity")
BASELINES = tuple(name for name in MODELS if name != "mmsr" and name not in COUNTING)  # the eleven of Table 2
SASREC_WITH_FEATURES = f"sasrec, {FEATURES}"
HAN = "mmsr, HAN-GNN"
CLAIMS = (
    Claim(
        "A1",
        "Ours: MMSR beats the best baseline by the paper's margin",
        "the MMSR that validation chose is ahead of the best baseline, departures included, by 8.6 %",
        _best_ahead_of_rivals,
        MARGIN,
    ),
    Claim(
        "A2",
        "Ours: MMSR beats tuned counting by the paper's margin",
        "that MMSR is ahead of the Markov chain by 8.6 %",
        _best_ahead_of("comparison", "markov"),
        MARGIN,
    ),
    Claim(
        "A3",
        "Ours: what the codes say is worth something",
        "that MMSR is ahead of itself with shuffled codes and features, tuned alike",
        _best_ahead_of_its_control,
    ),
    Claim(
        "P1",
        '"MMSR consistently outperforms other models" (5.1)',
        "MMSR on equal terms is ahead of each of the eleven baselines",
        _ahead_of_baselines,
    ),
    Claim(
        "P2",
        '"outperforms the state-of-the-art baselines by 8.6 % in terms of HR@5" (1, 5.1)',
        "MMSR on equal terms is ahead of the best of the eleven by 8.6 %",
        _ahead_of_best_baseline,
        MARGIN,
    ),
    Claim(
        "P3",
        'A baseline "that includes modalities as side features ... is stronger overall" (5.1)',
        "gru4rec-f is ahead of gru4rec, and sasrec-f of sasrec",
        lambda stored: [
            Pair(System("comparison", f"{name}-f"), System("comparison", name)) for name in ("gru4rec", "sasrec")
        ],
    ),
    Claim(
        "P4",
        "The gain is due to what modalities say (implied by 1 and 5.5)",
        "MMSR with true codes is ahead of itself with shuffled ones, and of itself with none",
        _ahead("controls", "mmsr, true", "mmsr, shuffled", "mmsr, none"),
    ),
    Claim(
        "P5",
        'Multi-modal collaborative baselines have "poor performance" (5.1)',
        "sasrec is ahead of mmgcn, mgat and bm3",
        _ahead("comparison", "sasrec", "mmgcn", "mgat", "bm3"),
    ),
    Claim(
        "P6",
        '"HAN-GNN method consistently outperforms other approaches" (5.2)',
        "HAN-GNN is ahead of each other aggregator",
        _ahead_of_all("aggregators", "mmsr, han-gnn"),
    ),
    Claim(
        "P7",
        '"HAN-GNN model outperforms both fusion orders individually" (5.3)',
        "HAN-GNN is ahead of NI(hohe) and of NI(heho)",
        _ahead("ablation", HAN, "mmsr, NI(hohe)", "mmsr, NI(heho)"),
    ),
    Claim(
        "P8",
        'Without position or type embedding it "noticeably deteriorates" (5.3)',
        "HAN-GNN is ahead of itself without position, and without type",
        _ahead("ablation", HAN, "mmsr, without position", "mmsr, without type"),
    ),
    Claim(
        "P9",
        "Late fusion suffers more from disorder, early fusion more from a mismatch (1)",
        "gru4rec and sasrec: late loses more than early when disordered, early more when displaced within histories",
        _sensitivity,
    ),
    Claim(
        "P10",
        'With missing modalities "MMSR is consistently more stable" (5.4)',
        "sasrec-f and dif-sr lose more than MMSR with global attention where half of all modalities lack at test",
        _stability,
    ),
    Claim(
        "P11",
        '"using modality codes achieves better performance over not using" (5.5)',
        'MMSR with codes is ahead of the row "no codes"',
        _codes,
    ),
    Claim(
        "O1",
        "Ours: features in the embeddings help a rival, too",
        "sasrec with them is ahead of sasrec",
        _ahead("departures", SASREC_WITH_FEATURES, "sasrec"),
    ),
    Claim(
        "O2",
        "Ours: the graph is worth something beyond the features",
        "the MMSR that validation chose is ahead of sasrec with features in the embeddings",
        _best_ahead_of("departures", SASREC_WITH_FEATURES),
    ),
    Claim(
        "O3",
        "Ours: a day is better taken as one step",
        "MMSR with a day as one step is ahead of MMSR",
        _ahead("departures", f"mmsr, {DAY}", "mmsr"),
    ),
)
