"""Every exercise: a wrong and an almost right answer are told apart, and the right one is called right."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import mmsr_lite.course.exercises as home
from mmsr_lite import check
from mmsr_lite.course.check import exercises
from mmsr_lite.course.exercises import n01, n03, n04, n05, n08, n10, n11, n12, n13

NOTEBOOKS = sorted(path.stem[1:] for path in Path(home.__file__).parent.glob("n*.py"))
ANSWERS = {  # exercise: (a wrong answer, words of what is said), (an almost right one, words of what is said)
    "00.1": (("match", "not that of this user"), ({"cause": "cycle"}, "the word that stands under")),
    "00.2": (
        (lambda ranks, k: sum(rank <= k for rank in ranks), "divide by the number"),
        (lambda ranks, k: sum(rank <= k for rank in ranks) / len(ranks), "in percent"),
    ),
    "00.3": (("heho", "beta[1]"), ("late", "a name of its own")),
    "00.4": (("It is better.", "write 30 to 80"), (30 * "one run ", "more seeds")),
    "01.1": ((980, "share one pair"), (14, "adds the codes")),
    "01.2": ((10, "last fifth"), (7, "nothing comes before it")),
    "01.3": (
        (lambda features, centres, k: 1 + np.argsort(-features @ centres.T, axis=1)[:, :k], "divides by both lengths"),
        (lambda features, centres, k: n01.nearest(features, centres, k) - 1, "count from 1"),
    ),
    "01.4": (
        ({"k": 1, "because": "one is enough"}, "the other one is lost"),
        ({"k": 3, "because": ""}, "next best wrong"),
    ),
    "02.1": ((9, "repetition merges"), (2, "each of its two codes")),
    "02.2": (("match", "different node types"), ("out", "and so does its mirror")),
    "02.3": (
        (lambda P_i, P_j: "in", "other way round"),
        (lambda P_i, P_j: "out" if any(p + 1 in P_j for p in P_i) else "in", "the relation is both"),
    ),
    "02.4": (([7, 8, 7, 9], "made of items 7 and 9"), ([7, 9, 7, 9], "the relation is both")),
    "03.1": (
        (n03.fuse_late, "that is late fusion"),
        (lambda channels, W, read: read(np.concatenate(channels, -1) @ W), "a tanh around"),
    ),
    "03.2": (
        (n03.fuse_early, "that is early fusion"),
        (lambda channels, W, read: np.concatenate([read(one) for one in channels]) @ W, "a tanh around"),
    ),
    "03.3": (
        (lambda score: score(0, 0) - score(1, 1), "a sum has no interplay"),
        (lambda score: -n03.interplay(score), "the sign"),
    ),
    "03.4": (
        (([("red", "formal")] * 3, [("red", "sport")] * 3), "exactly one garment"),
        ((n03.PAIR[0], n03.PAIR[0][::-1]), "the same basic is bought"),
    ),
    "03.5": ((50, "how many looks"), (1 / 6, "in percent")),
    "03.6": (("Late cannot.", "write 40 to 120"), (40 * "width 7 ", "other seeds")),
    "04.1": ((1, "not shares"), (0.25, "of the first neighbour")),
    "04.2": (
        (lambda logits, edges: n04.weigh(logits, edges | True), "attends to all nodes"),
        (lambda logits, edges: n04.weigh(logits.T, edges.T).T, "columns add up"),
    ),
    "04.3": (({"item"}, "begins with the other"), ({"picture", "text"}, "the self-loop takes part")),
    "04.4": (("It depends.", "write 30 to 90"), (30 * "neighbours ", "an experiment")),
    "05.1": ((0.5, "so the weights do"), (0.75, "the weight of heho")),
    "05.2": (
        (lambda record: 0.0, "whose type is not 0"),
        (lambda record: n05.terms_of_codes(record).sum(), "add their sizes"),
    ),
    "05.3": (
        ({"do": "gate", "to": "hohe", "type": "item"}, "stand there already"),
        ({"do": "gate", "to": "half", "type": "text"}, "two is asked for"),
    ),
    "06.1": ((0.25, "the probability itself"), (2, "in bits")),
    "06.2": ((["gate", "drop"], "nothing is left to choose"), (["drop"], "drawn anew each time")),
    "06.3": (
        ({"do": "drop", "position": 7}, "from the last item itself"),
        ({"do": "drop", "modality": "picture", "position": 6}, "10 is asked for"),
    ),
    "06.4": (
        ({"do": "relation", "relation": "in"}, "the last item"),
        ({"do": "drop", "modality": "text", "position": 7}, "take the other"),
    ),
    "07.1": ((25, "that is fid+"), (-62, "low is good")),
    "07.2": (
        (lambda nodes, score: [score(nodes[:kept]) for kept in range(len(nodes) + 1)], "that is insertion"),
        (lambda nodes, score: [score(nodes[gone:]) for gone in range(1, len(nodes) + 1)], "begin with all nodes"),
    ),
    "07.3": ((0.6, "no border"), (5, "the number of pairs")),
    "07.4": ((41, "does not fall"), (48, "by less than 20 places")),
    "07.5": (("Reject.", "write 120 to 180"), (60 * "claim random ", "seeds or users")),
    "08.1": ((["T1", "T2", "T3"], "that of the rows"), (["T1", "T2", "T3", "T2"], "is Ben's")),
    "08.2": (({"item_id", "name"}, "its identity"), ({"name", "photo", "maker_id"}, "an id says nothing")),
    "08.3": (
        (lambda rows: rows[1:], "counts rows"),
        (lambda rows: list(rows), "every history is as it was"),
    ),
    "08.4": (
        (lambda features, present, training: features, "still zeros"),
        (lambda features, present, training: n08.impute(features, present, training | True), "is no training item"),
    ),
    "09.1": ((1, "the channels are one"), (2, "the item is a channel, too")),
    "09.2": (
        (lambda early, late: "late", "the other way round"),
        (
            lambda early, late: "early" if sum(early) > sum(late) else "late",
            "its second seed is not",
        ),
    ),
    "09.3": (("Nothing.", "write 40 to 120"), (40 * "other seeds ", "what else the mismatch takes")),
    "10.1": (
        (lambda present: 2 * n10.steps_left(present), "from both ends"),
        (lambda present: max(0, sum(present) - 1), "an item stands between"),
    ),
    "10.2": ((23.6, "that is SASRec-F"), (69.0, "what is lost")),
    "10.3": ((52.0, "over all histories"), (58.9, "whose last item kept it")),
    "10.4": (("How much?", "write 40 to 100"), (40 * "without start ", "other seeds")),
    "11.1": (("he", "attends to its own codes directly"), ("NI(heho)", "codes steer its weights")),
    "11.2": (
        (lambda none, shuffled, true: n11.mean(true) - n11.mean(shuffled), "these are points"),
        (lambda none, shuffled, true: 1 - n11.share_of_right_codes(none, shuffled, true), "say nothing"),
    ),
    "11.3": (("No.", "write 40 to 120"), (40 * "a control ", "the seeds")),
    "12.1": ((0.557, "the mean of beta[0]"), (0.542, "share of late ones")),
    "12.2": (("Sports", "ahead in both metrics"), ("MRR@5", "that is the metric")),
    "12.3": (
        (lambda values, groups: 0.5, "give each value the mean"),
        (
            lambda values, groups: 1 - n12.explained_by(values, groups),
            "that is what is left",
        ),
    ),
    "12.4": (
        ("The gates are late.", "write 40 to 120"),
        ("I would train a control with shuffled codes and see whether any score depends on it. " * 4, "other seeds"),
    ),
    "13.1": (
        (lambda history: {pair: 1.0 for pair in pairwise(history)}, "at a distance count too"),
        (lambda history: {pair: 1.0 for pair in n13.count_pairs(history)}, "counts 1/2"),
    ),
    "13.2": ((10, "that is the ablation"), (6, "say nothing")),
    "13.3": ((1.99, "without modalities"), (0.0693, "give it in percent")),
    "13.4": (
        ({"mmsr", "sasrec-f", "sr-gnn", "nova", "gru4rec"}, "the other way round"),
        (
            {"sasrec", "mmgcn", "popularity", "trans2d", "dif-sr", "bm3", "item-knn", "gru4rec-f", "mgat", "markov"},
            "leave counting itself out",
        ),
    ),
    "13.5": (
        ("The paper is good.", "write 60 to 150"),
        (
            "The paper is about modalities, and it says that they help in a shop. I would ask for a control. " * 4,
            "does not name other seeds",
        ),
    ),
    "14.1": ((49.57, "those are bits"), (1.549, "each takes 4 bytes")),
    "14.2": (
        (lambda examples, batch, processes: -(-examples // (batch * processes)), "of all four together"),
        (lambda examples, batch, processes: examples // batch, "the last batch is smaller"),
    ),
    "14.3": ((26.5, "of a single target"), (0.0207, "that is the variance")),
    "14.4": (("Yes.", "write 40 to 100"), (40 * "one run ", "where the time goes")),
}


def test_every_exercise_has_its_answers_here():
    assert list(ANSWERS) == [one.id for notebook in NOTEBOOKS for one in exercises(notebook)]


@pytest.mark.parametrize("exercise", ANSWERS)
def test_wrong_almost_right_and_right(exercise):
    (wrong, said), (almost, hinted) = ANSWERS[exercise]
    first, second = check(exercise, wrong), check(exercise, almost)
    assert first.right is second.right is False
    assert said in first.message and hinted in second.message and first.message != second.message
    asked = next(one for one in exercises(exercise[:2]) if one.id == exercise)
    right = check(exercise, asked.answer())
    assert right.right is True and right.message == asked.why
    for odd in (None, "?", -1, [], {}, object()):
        assert check(exercise, odd).right is False
