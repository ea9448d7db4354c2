"""HR, MRR and NDCG as arithmetic and as scikit-learn has them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score, top_k_accuracy_score

from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.rankings import rank_in_both


def test_four_ranks_by_hand():
    found = metrics(np.array([1, 2.5, 5, 6]), (5,))
    wanted = [3 / 4, (1 + 1 / 2.5 + 1 / 5) / 4, (1 + 1 / math.log2(3.5) + 1 / math.log2(6)) / 4]
    assert found == pytest.approx(dict(zip(["HR@5", "MRR@5", "NDCG@5"], (100 * w for w in wanted), strict=True)))


def test_scikit_learn_agrees():
    rng = np.random.default_rng(0)
    scores, target = rng.normal(size=(60, 30)), rng.integers(30, size=60)
    ranks, truth = 1 + (scores > scores[np.arange(60), target][:, None]).sum(1), np.eye(30)[target]
    found = metrics(ranks, (5, 30))
    assert found["NDCG@5"] == pytest.approx(100 * ndcg_score(truth, scores, k=5))
    assert found["HR@5"] == pytest.approx(100 * top_k_accuracy_score(target, scores, k=5, labels=range(30)))
    assert found["MRR@30"] == pytest.approx(100 * label_ranking_average_precision_score(truth, scores))


@given(st.lists(st.integers(2, 80).map(lambda twice: twice / 2), min_size=1))
def test_order_of_the_metrics_and_of_the_cutoffs(ranks):
    found = metrics(np.array(ranks))
    assert all(0 <= found[f"MRR@{k}"] <= found[f"NDCG@{k}"] + 1e-9 <= found[f"HR@{k}"] + 2e-9 <= 100.1 for k in (5, 20))
    assert all(found[f"{name}@5"] <= found[f"{name}@20"] + 1e-9 for name in ("HR", "MRR", "NDCG"))


def test_torchmetrics_agrees_on_both_rankings():
    from torchmetrics import retrieval

    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(40, 31, generator=generator)
    scores[:, 0] = -torch.inf
    order = torch.stack([torch.randperm(30, generator=generator) + 1 for _ in range(40)])
    target, own = order[:, 0], order[:, 1:6]
    found = rank_in_both(scores, target, own).numpy()
    masked = scores.scatter(1, own, -torch.inf)
    for ranks, judged in ((found[0], scores), (found[1], masked)):
        values = metrics(ranks, (5,))
        preds, indexes = judged[:, 1:].nan_to_num(neginf=-1.0), torch.arange(40)[:, None].expand(-1, 30)
        relevant = torch.arange(1, 31) == target[:, None]
        kinds = {"HR@5": "RetrievalHitRate", "MRR@5": "RetrievalMRR", "NDCG@5": "RetrievalNormalizedDCG"}
        for name, kind in kinds.items():
            value = getattr(retrieval, kind)(top_k=5)(preds.flatten(), relevant.flatten(), indexes.flatten())
            assert values[name] == pytest.approx(100 * float(value), abs=1e-4), (name, kind)
