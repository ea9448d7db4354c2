"""The record that everything reads refuses what cannot be."""

import numpy as np
import pytest

from mmsr_lite.data.dataset import Modality
from mmsr_lite.errors import MMSRError


@pytest.mark.parametrize(
    "features, present, message",
    [
        (np.zeros((3, 1)), [False, True], "3 rows of features, 2 of present"),
        (np.zeros((2, 1)), [True, True], "item 0 is padding"),
        (np.array([[0], [np.inf]]), [False, True], "features of item 1 hold NaN or infinity"),
    ],
)
def test_a_modality_that_cannot_be_is_refused(features, present, message):
    with pytest.raises(MMSRError, match=message):
        Modality("m", features, np.array(present))


def test_features_of_absent_items_are_not_looked_at():
    assert Modality("m", np.full((2, 1), np.nan), np.array([False, False])).name == "m"


def test_a_user_who_is_not_there_is_told_the_range(tiny_folder):
    from mmsr_lite.data import load

    dataset = load(tiny_folder, modalities=[], min_count=4)
    assert dataset.history(1).tolist() == [2, 3, 4, 5, 6, 1]
    for user in (-1, 4):
        with pytest.raises(MMSRError, match=f"user {user} is not in 'tiny'; expected 0 to 3"):
            dataset.history(user)
