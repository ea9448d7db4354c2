"""Reductions: features become D numbers an item before k-means (paper, section 4.1).

A linear autoencoder with squared loss has principal components as its optimum, so these are the default.
"""

from collections.abc import Callable
from functools import partial

import numpy as np


def pca(features: np.ndarray, dim: int, seed: int) -> np.ndarray:
    """Principal components: the optimum of a linear autoencoder with squared loss, exact (paper, section 4.1).

    Args:
        features: (n, F).
        dim: D.
        seed: of the solver where it draws.

    Returns:
        (n, min(D, F, n)) float32.

    Example:
        >>> pca(np.eye(3, dtype=np.float32), 2, 0).shape
        (3, 2)
    """
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if features.shape[1] <= 1024 else "auto"
    fitted = PCA(min(dim, *features.shape), svd_solver=solver, random_state=seed)
    return fitted.fit_transform(features - features.mean(axis=0))  # centred before, in float32: the last digits stay


def autoencoder(features: np.ndarray, dim: int, seed: int, sigmoid: bool = False) -> np.ndarray:
    """What a linear autoencoder trained by gradient makes of the features, as the paper has it (section 4.1).

    Args:
        features: (n, F).
        dim: D.
        seed: of the first weights.
        sigmoid: squash what it makes into (0, 1), as the released code does.

    Returns:
        (n, min(D, F, n)) float32.

    Example:
        >>> autoencoder(np.eye(3, dtype=np.float32), 2, 0).shape
        (3, 2)
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
