"""Item-KNN against scikit-learn's cosine."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from mmsr_lite.models.item_knn import ItemKNN, ItemKNNConfig


def users_by_items(examples) -> np.ndarray:
    """(U, V+1) who has what in the training part."""
    has = np.zeros((examples.user.max() + 1, 12 + 1))
    for start, end, user in zip(examples.start, examples.end, examples.user, strict=True):
        has[user, examples.items[start : end + 1]] = 1
    return has


@pytest.mark.parametrize("k", [2, 100])
def test_similarities_are_the_cosines_of_the_k_nearest(cycle, k):
    model = ItemKNN(ItemKNNConfig(neighbours=k), 12)
    model.count(cycle.train)
    cosine = cosine_similarity(users_by_items(cycle.train).T)
    np.fill_diagonal(cosine, 0)
    for item in range(1, 13):
        best = np.sort(cosine[item])[::-1][: model.similarity.shape[1]]
        assert model.similarity[item].tolist() == pytest.approx(best.tolist())
        assert cosine[item, model.neighbour[item]].tolist() == pytest.approx(best.tolist())


def test_a_history_scores_the_sum_over_its_distinct_items_its_own_items_like_others(cycle):
    model = ItemKNN(ItemKNNConfig(), 12)
    model.count(cycle.train)
    cosine = cosine_similarity(users_by_items(cycle.train).T)
    np.fill_diagonal(cosine, 0)
    scores = model.scores(torch.tensor([[1, 4, 1, 0]]))[0, 1:]
    wanted = cosine[1] + cosine[4]
    assert wanted[1] == cosine[4, 1] > 0 and wanted[4] == cosine[1, 4] > 0  # no item is its own neighbour
    assert scores.tolist() == pytest.approx(wanted[1:].tolist())
