"""The vector of an item in each modality, for models that read vectors and not MSGraphs (paper, equation 1)."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmsr_lite.errors import choose
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.nn.displacement import Displacement
from mmsr_lite.nn.sequence import rescaled


class CodeReader(nn.Module):
    """A vector for each item: the mean of the embeddings of its codes, which start at their centres.

    Args:
        book: the codes of a modality.
        dim: D, the width of the vectors.

    Example:
        >>> import numpy as np
        >>> centres = np.eye(3, 2, dtype=np.float32)
        >>> book = Codebook("toy", np.array([[0], [1], [2]]), centres, reduced=centres)
        >>> CodeReader(book, 2)(torch.tensor([[1, 0]])).shape
        torch.Size([1, 2, 2])
    """

    def __init__(self, book: Codebook, dim: int):
        super().__init__()
        self.register_buffer("codes", torch.from_numpy(book.codes))  # (V+1, k)
        self.table = nn.Embedding(len(book.centres), dim, padding_idx=0)
        with torch.no_grad():
            self.table.weight[1:] = rescaled(torch.from_numpy(book.centres[1:]), dim)

    def greatest(self, saved: Mapping[str, Tensor]) -> dict[str, int]:
        """The largest code that a saved table of codes may contain.

        Args:
            saved: the tensors of a file, by name.

        Returns:
            Name of a tensor -> the largest value that it may contain.
        """
        return {"codes": len(self.table.weight) - 1}

    def forward(self, items: Tensor) -> Tensor:
        """Look items up.

        Args:
            items: (...) items.

        Returns:
            (..., D) their vectors; zero where there is no code.
        """
        codes = self.codes[items]  # (..., k)
        return self.table(codes).sum(-2) / (codes > 0).sum(-1, keepdim=True).clamp_min(1)  # (..., D)


class FeatureReader(nn.Module):
    """A vector for each item: a linear map of its reduced features, which starts as the identity.

    Args:
        book: the codes of a modality, with its reduced features.
        dim: D, the width of the vectors.

    Example:
        >>> import numpy as np
        >>> centres = np.eye(3, 2, dtype=np.float32)
        >>> book = Codebook("toy", np.array([[0], [1], [2]]), centres, reduced=centres)
        >>> FeatureReader(book, 2)(torch.tensor([[1, 0]])).shape
        torch.Size([1, 2, 2])
    """

    def __init__(self, book: Codebook, dim: int):
        super().__init__()
        features, there = torch.zeros(book.reduced.shape), (book.codes > 0).any(1)
        features[there] = rescaled(torch.from_numpy(book.reduced[there]), dim)
        self.register_buffer("features", features)  # (V+1, F)
        self.map = nn.Linear(book.reduced.shape[1], dim, bias=False)
        nn.init.eye_(self.map.weight)

    def forward(self, items: Tensor) -> Tensor:
        """Look items up.

        Args:
            items: (...) items.

        Returns:
            (..., D) their vectors; zero where the modality is missing.
        """
        return self.map(self.features[items])  # (..., D)


READERS = {"codes": CodeReader, "features": FeatureReader}


class ItemModalities(nn.Module):
    """Gives items a vector in each of M modalities; an item without a modality has the zero vector there.

    Args:
        codebooks: the codes and features of each modality; without any, M = 0.
        dim: D, the width of the vectors. They start with the spread of other embeddings, D^-0.5.
        reads: "codes" (the default): the mean of the embeddings of an item's codes; "features": a map of its features.

    Example:
        >>> from mmsr_lite.graph.codes import Codebook
        >>> rows = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
        >>> book = Codebook("toy", np.array([[0, 0], [1, 2], [0, 0]]), rows, rows)      # item 2 has no code
        >>> vectors, present = ItemModalities([book], dim=2)(torch.tensor([[1, 2, 0]]))
        >>> vectors.shape, present[0, :, 0].tolist()
        (torch.Size([1, 3, 1, 2]), [True, False, False])
    """

    def __init__(self, codebooks: Sequence[Codebook], dim: int, reads: str = "codes"):
        super().__init__()
        kind = READERS[choose("reads", reads, READERS)]
        self.dim, self.names = dim, [book.name for book in codebooks]
        self.displaced: Displacement | None = None
        self.readers = nn.ModuleList(kind(book, dim) for book in codebooks)
        present = torch.zeros(1, 0).bool()
        if codebooks:
            present = torch.from_numpy(np.stack([(book.codes > 0).any(1) for book in codebooks], 1))
        self.register_buffer("present", present)  # (V+1, M)

    def __len__(self) -> int:
        """M, the number of modalities."""
        return len(self.readers)

    def of_items(self, items: Tensor) -> Tensor:
        """The vectors of items, summed over the modalities; a displacement within histories is not applied.

        Args:
            items: (...) items.

        Returns:
            (..., D) vectors.
        """
        return torch.stack([reader(items) for reader in self.readers]).sum(0)

    def forward(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors of items in each modality.

        Args:
            items: (...) items.

        Returns:
            The vectors (..., M, D), and whether each item has the modality (..., M).
        """
        if not self.readers:
            nothing = torch.zeros(*items.shape, 0, self.dim, device=items.device)
            return nothing, nothing[..., 0].bool()
        if self.displaced is None or items.dim() != 2:
            return torch.stack([reader(items) for reader in self.readers], -2), self.present[items]
        shown = self.displaced(items)  # M x (B, L)
        vectors = [reader(of_modality) for reader, of_modality in zip(self.readers, shown, strict=True)]
        present = [self.present[of_modality, number] for number, of_modality in enumerate(shown)]
        return torch.stack(vectors, -2), torch.stack(present, -1)
