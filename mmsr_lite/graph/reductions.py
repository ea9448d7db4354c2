"""Reductions: the features of each item become D numbers before k-means (paper, section 4.1).

The paper reduces by a linear autoencoder with squared loss. Its best solution is known: the principal components. They
are computed exactly here, and are the default.
"""

from collections.abc import Callable
from functools import partial

import numpy as np


def pca(features: np.ndarray, dim: int, seed: int) -> np.ndarray:
    """Principal components: the optimum of a linear autoencoder with squared loss, exact (paper, section 4.1).

    Args:
        features: (n, F).
        dim: D.
        seed: the seed of the solver, where it draws at random.

    Returns:
        (n, min(D, F, n)) float32.

    Example:
        >>> points = np.array([[0, 0, 5], [4, 0, 5], [0, 2, 5], [4, 2, 5]], np.float32)
        >>> np.abs(pca(points, 1, 0)).round(2).ravel().tolist()  # the widest direction: 2 on either side of the mean
        [2.0, 2.0, 2.0, 2.0]
    """
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if features.shape[1] <= 1024 else "auto"
    fitted = PCA(min(dim, *features.shape), svd_solver=solver, random_state=seed)
    centred = features - features.mean(axis=0)  # here, in float32: centring within PCA would change the last digits
    with np.errstate(invalid="ignore"):  # PCA divides 0 by 0 for the share of each direction, where all rows are equal
        return fitted.fit_transform(centred)


def autoencoder(features: np.ndarray, dim: int, seed: int, sigmoid: bool = False) -> np.ndarray:
    """The hidden layer of a linear autoencoder that is trained by gradient descent, as in the paper (section 4.1).

    Args:
        features: (n, F).
        dim: D.
        seed: the seed of the first weights.
        sigmoid: whether a sigmoid brings the hidden layer into (0, 1), as in the released code; default False.

    Returns:
        (n, min(D, F, n)) float32.

    Example:
        >>> hidden = autoencoder(np.eye(3, dtype=np.float32), 2, 0, sigmoid=True)
        >>> hidden.shape, bool((hidden > 0).all() and (hidden < 1).all())
        ((3, 2), True)
    """
    import torch

    squash = torch.sigmoid if sigmoid else torch.nn.Identity()
    torch.manual_seed(seed)
    x = torch.from_numpy(features - features.mean(axis=0))
    x = x / x.std().clamp_min(1e-12)
    width = min(dim, *x.shape)
    encode, decode = torch.nn.Linear(x.shape[1], width, bias=False), torch.nn.Linear(width, x.shape[1], bias=False)
    optimiser = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=1e-2)
    for _ in range(300):
        optimiser.zero_grad()
        (decode(squash(encode(x))) - x).square().mean().backward()
        optimiser.step()
    return squash(encode(x)).detach().numpy()


REDUCTIONS: dict[str, Callable[[np.ndarray, int, int], np.ndarray]] = {
    "pca": pca,
    "autoencoder": autoencoder,
    "sigmoid-autoencoder": partial(autoencoder, sigmoid=True),
}
