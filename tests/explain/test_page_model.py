"""Numbers of a model as a page holds them, up to the largest that fits."""

import base64

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.page_model import _codes, _matrix


def test_codes_fit_up_to_the_largest_number_of_sixteen_bits():
    held = _codes(torch.tensor([[0, 0, 1], [2, 3, 2**16 - 1]]))
    assert held["k"] == 3 and np.frombuffer(base64.b64decode(held["data"]), "<u2").tolist() == [0, 0, 1, 2, 3, 65535]
    with pytest.raises(MMSRError, match="the model has 65536 codes of one modality; a page holds up to 65535"):
        _codes(torch.tensor([[2**16]]))
    assert _codes(torch.zeros(0, 2, dtype=torch.long)) == {"k": 2, "data": ""}


def test_a_matrix_keeps_its_shape_and_a_vector_is_one_row():
    held = _matrix(torch.tensor([[1.0, 2.0, -0.5], [0.0, 4.0, 8.0]]))
    assert held["shape"] == [2, 3]
    assert np.frombuffer(base64.b64decode(held["data"]), "<f2").tolist() == [1, 2, -0.5, 0, 4, 8]
    assert _matrix(torch.ones(3))["shape"] == [1, 3]


@pytest.mark.filterwarnings("error")  # one sentence, and no warning of NumPy's beside it
@pytest.mark.parametrize("wrong", [70_000.0, -70_000.0, float("nan"), float("inf")])
def test_a_weight_that_no_float_of_sixteen_bits_holds_is_refused(wrong):
    with pytest.raises(MMSRError, match="holds what no 16-bit float can"):
        _matrix(torch.tensor([1.0, wrong]))
