"""The contents of a page that runs models by itself: models, catalogue and users, for the JavaScript engine.

Matrices and tables of codes are base64. K is the number of items that the page holds; row 0 is the padding.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from mmsr_lite.records.cards import DatasetCard, Edit, ModelCard, TargetTruth, UserCard


class PageMatrix(TypedDict):
    """A matrix as 16-bit floats; a vector is a matrix of one row."""

    shape: Annotated[list[int], "rows, then columns"]
    data: Annotated[str, "the numbers, row by row, little-endian, in base64"]


class PageCodes(TypedDict):
    """The codes of one modality, (K+1, k) whole numbers of 16 bits, 0 where there is none."""

    k: Annotated[int, "codes that an item has"]
    data: Annotated[str, "the codes, item by item, little-endian, in base64"]


class PageLinear(TypedDict):
    """A linear map with its bias."""

    weight: Annotated[PageMatrix, "(out, in)"]
    bias: Annotated[PageMatrix, "(1, out)"]


class PageGate(TypedDict):
    """The update gate of a layer (equation 16)."""

    first: Annotated[PageLinear, "the first map of its MLP"]
    second: Annotated[PageLinear, "the second map"]
    separate: Annotated[bool, "whether each path has a sigmoid of its own, in place of one softmax over both"]


class PageLayer(TypedDict):
    """The maps of one HAN-GNN layer; of three of them one matrix for each node type."""

    query: Annotated[list[PageMatrix], "Q of each node type (equation 12)"]
    key: Annotated[list[PageMatrix], "K of each node type"]
    value: Annotated[list[PageMatrix], "V of each node type"]
    relation: Annotated[PageMatrix, "(R, D) the vector of each relation (equation 13)"]
    gate: Annotated[PageGate | None, "the update gate; null without one"]
    join: Annotated[PageLinear | None, "the map that joins both paths; null where the gate does"]


class PageWeights(TypedDict):
    """All weights of one model."""

    items: Annotated[PageMatrix, "(K+1, D) the items' embeddings"]
    features: Annotated[PageMatrix | None, "(K+1, D) what embeddings read of features; null without"]
    codes: Annotated[list[PageMatrix], "(C+1, D) the codes' embeddings, one table for each modality"]
    types: Annotated[PageMatrix | None, "(M+1, D) the embedding of each node type"]
    positions: Annotated[PageMatrix | None, "the embedding of each position"]
    merge: Annotated[PageMatrix, "the map of the merged inputs"]
    layers: Annotated[list[PageLayer], "the layers"]


class PageSettings(TypedDict):
    """The settings that decide what the engine computes, as in `MMSRConfig`."""

    dim: Annotated[int, "D, the width of all states"]
    scale: Annotated[bool, "whether logits are divided by the root of D"]
    slope: Annotated[float, "of leaky ReLU below zero"]
    residual: Annotated[bool, "whether a layer adds its input to its output"]
    max_history: Annotated[int, "how many items are read"]
    cosine: Annotated[float, "scale of cosine scores; 0: scores are products"]
    global_attention: Annotated[bool, "whether a node attends to nodes that it has no edge to"]
    hohe_reads_input: Annotated[bool, "whether the second phase of hohe reads the layer's input"]
    paths: Annotated[dict[str, list[str]], "path -> the families of its phases"]
    merge: Annotated[str, "how the paths are joined: gate, or another name"]
    invasive: Annotated[bool, "whether values of one node type go into states of another"]
    papers_products: Annotated[bool, "whether the logits are the paper's, so that their terms can be told"]


class PageModel(TypedDict):
    """One model."""

    card: Annotated[ModelCard, "what a record says of it"]
    settings: Annotated[PageSettings, "what the engine computes"]
    node_types: Annotated[list[str], "item, then one name for each modality"]
    codes: Annotated[list[PageCodes], "the codes of each modality"]
    weights: Annotated[PageWeights, "its weights"]


class NamedPageModel(PageModel):
    """One model of a page, with the names that people see."""

    name: Annotated[str, "what the page calls it"]
    code_names: Annotated[dict[str, dict[str, str]], "modality -> code -> its telling words or examples"]


class PageItems(TypedDict):
    """The items of a page, column by column."""

    id: Annotated[list[str], "ids, or pseudonyms"]
    title: Annotated[list[str], "titles; not escaped"]
    texts: Annotated[dict[str, list[str]], "each text column; not escaped"]
    picture: Annotated[list[int | None], "indexes of `pictures`"]


class PageUser(UserCard):
    """A user with the whole history, whose last item is the target."""

    history: Annotated[list[int], "items of the data set, the oldest first"]
    truth: Annotated[TargetTruth | None, "what decided the target, where the data set knows it"]
    because: Annotated[list[int], "places of the history that decided it, from 0"]
    reason: Annotated[list[str | int], "the sentence that says why: texts, and places of the items that they name"]


class PageStart(TypedDict):
    """What a page shows at first."""

    model: Annotated[int, "the model that is shown, an index of `models`"]
    beside: Annotated[str | None, "the name of what stands beside it"]
    history: NotRequired[Annotated[list[int], "an edited history, the oldest first; else the user's own"]]
    target: NotRequired[Annotated[int, "the item that came next"]]
    change: NotRequired[Annotated[list[Edit], "the what-if that is shown"]]
    repeats: NotRequired[Annotated[int, "how many random changes it is held against"]]


class PageData(TypedDict):
    """Everything that a page needs to run models without Python."""

    dataset: Annotated[DatasetCard, "the data set"]
    relations: Annotated[list[str], "the names of the relations"]
    kept: Annotated[list[int] | None, "items that the page holds, 0 first; null: all"]
    items: Annotated[PageItems, "the catalogue"]
    pictures: Annotated[list[str], "data addresses, each once"]
    users: Annotated[list[PageUser], "the users, the one who is shown first"]
    models: Annotated[list[NamedPageModel], "the models"]
    seeds: Annotated[list[list[int]], "groups of `models` that are the same but for their seed, as indexes"]
    note: Annotated[str, "what is inside, in one line"]
    start: NotRequired[Annotated[PageStart | None, "what it begins with; null: the first user and model"]]
