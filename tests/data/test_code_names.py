"""Names of codes: no word that a reader would take for something else."""

import numpy as np

from mmsr_lite.data.code_names import name_codes
from mmsr_lite.data.dataset import Dataset


def test_no_code_is_called_by_an_order_of_fusion():
    words = ("", "early silk", "early silk", "blue jeans", "late")
    row, ids = np.array([0]), ("", "a", "b", "c", "d")
    data = Dataset("d", row, row + 1, row, ("u",), ids, words, {"text": words})
    named = {one["code"]: one["name"] for one in name_codes(data, "text", np.array([[0], [1], [1], [2], [3]]))}
    assert named == {1: "silk", 2: "blue, jeans", 3: "like late"}
