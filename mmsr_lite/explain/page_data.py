"""Page data: models, catalogue and chosen users as JSON, from which a page runs the models by itself.

models, data set, users -> items that are kept -> `page_data` -> views.page
"""

from collections.abc import Sequence

import numpy as np
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.pictures import data_uri
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.cards import LONGEST, reason_of, truth_of
from mmsr_lite.explain.code_labels import code_labels
from mmsr_lite.explain.inputs import UserLike, user_index
from mmsr_lite.explain.page_model import model_fields, refuse_elsewhere
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records.cards import UserCard
from mmsr_lite.records.live_page import PageData, PageItems, PageUser

MOST_MODELS = 6
MOST_BYTES = 2_050_000  # of models and items, compressed; base64 adds a third, scripts 0.2 MB: a page has 3 MB at most
COMPRESSED = 0.4  # share of a text that is left when it is compressed
SAMPLED = 200  # items of which the size is measured
SIDE = 64  # pixels of a picture
ANSWERS = 50  # best items of each chosen user that are kept with a large catalogue


def page_data(
    models: Sequence[MMSR],
    dataset: Dataset,
    users: Sequence[UserLike] = (0,),
    *,
    names: Sequence[str] | None = None,
    pseudonyms: bool | None = None,
    also: Sequence[int] = (),
    seeds: Sequence[Sequence[int]] = (),
) -> PageData:
    """Make everything that a page needs to run these models for these users without Python.

    Of a catalogue that is too large, only the items of the histories, the best answers and the most popular items are
    kept. Scores are then ranked among these alone, and `note` says so.

    Args:
        models: up to six MMSR of HAN-GNN layers, trained on this data set.
        dataset: the data set.
        users: numbers or ids; the first is shown first.
        names: the name of each model in the page; None (the default): their labels.
        pseudonyms: whether ids of users and items are replaced; None: unless the data set is a made-up world.
        also: items that are always kept.
        seeds: groups of indexes of `models` that are the same but for their seed: the page says how many of a group say
            the same.

    Returns:
        Values for JSON, with base64 in them; `note` says in one line what they hold.

    Raises:
        MMSRError: a model cannot run in a page, or a user does not exist.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> page_data([MMSR(MMSRConfig(dim=8), world.num_items)], world, [2])["note"]
        'Inside: 1 user with history, 9 items, 1 model; ids as in the data.'
    """
    if not 1 <= len(models) <= MOST_MODELS:
        raise MMSRError(f"a page holds 1 to {MOST_MODELS} models, got {len(models)}")
    for model in models:
        refuse_elsewhere(model, dataset)
    numbers = list(dict.fromkeys(user_index(dataset, user) for user in users))
    for number in numbers:
        if len(dataset.history(number)) < 2:
            raise MMSRError(f"user {dataset.user_ids[number]!r} has one item, so nothing comes before it; leave it out")
    kept = kept_items(models, dataset, numbers, also)
    if pseudonyms is None:
        pseudonyms = "truth" not in dataset.facts
    rows = np.arange(dataset.num_items + 1) if kept is None else kept
    items, pictures = _catalogue(dataset, rows, pseudonyms)
    own_names = [model.label for model in models] if names is None else list(names)
    return {
        "dataset": {"name": dataset.name, "items": dataset.num_items},
        "relations": list(RELATIONS),
        "kept": None if kept is None else kept.tolist(),
        "items": items,
        "pictures": pictures,
        "users": [_user(dataset, number, place, pseudonyms) for place, number in enumerate(numbers)],
        "models": [
            {**model_fields(model, rows), "name": name, "code_names": _code_names(model, dataset)}
            for model, name in zip(models, distinct(own_names), strict=True)
        ],
        "seeds": [list(group) for group in seeds],
        "note": _note(dataset, len(numbers), kept, len(models), pseudonyms),
    }


def distinct(names: Sequence[str]) -> list[str]:
    """Make names different, by numbers where two are the same.

    Args:
        names: any texts.

    Returns:
        As many names, all different.

    Example:
        >>> distinct(["early", "late", "early"])
        ['early (1)', 'late', 'early (2)']
    """
    found: list[str] = []
    for place, name in enumerate(names):
        before = list(names[:place]).count(name)
        found.append(name if list(names).count(name) == 1 else f"{name} ({before + 1})")
    return found


@torch.no_grad()
def kept_items(
    models: Sequence[MMSR], dataset: Dataset, users: Sequence[int], also: Sequence[int] = ()
) -> np.ndarray | None:
    """The items of a page, when the whole catalogue is too large.

    Args:
        models: the models.
        dataset: the data set.
        users: numbers of users.
        also: items that are always kept.

    Returns:
        (K+1,) the items of the users' histories, the best answers of each model, and the most popular items, ascending,
        with 0 for the padding; None where the whole catalogue fits.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> kept_items([MMSR(MMSRConfig(dim=8), world.num_items)], world, [0]) is None  # nine items fit
        True
    """
    others = sum(parameter.numel() for model in models for parameter in model.parameters())
    others -= sum(model.nodes.tables[0].weight.numel() for model in models)
    most = int((MOST_BYTES - 2 * others) / _bytes_of_an_item(models, dataset))
    if dataset.num_items <= most:
        return None
    needed: dict[int, None] = dict.fromkeys(map(int, also))
    for user in users:
        needed |= dict.fromkeys(dataset.history(user).tolist())
    for user in users:
        past = dataset.history(user)[:-1]
        for model in models:
            history = torch.tensor([past[-model.max_history :].tolist()], device=model.item_table().device)
            scores = model.eval().scores(history)[0]
            needed |= dict.fromkeys(scores.topk(min(ANSWERS, dataset.num_items)).indices.tolist())
    popular = np.argsort(-np.bincount(dataset.item, minlength=dataset.num_items + 1)[1:], kind="stable") + 1
    for item in popular.tolist():
        if len(needed) >= most:
            break
        needed[item] = None
    return np.array([0, *sorted(needed)])


def _bytes_of_an_item(models: Sequence[MMSR], dataset: Dataset) -> float:
    """About how much an item adds to a page: weights, titles and texts, its picture where others do not have it too."""
    some = np.random.default_rng(0).permutation(dataset.num_items)[:SAMPLED] + 1
    columns = [dataset.titles, dataset.item_ids, *dataset.texts.values()]
    texts = np.mean([sum(len(column[item][:LONGEST].encode()) for column in columns) for item in some])
    pictures = 0.0
    if dataset.pictures:
        sizes = [len(data_uri(dataset.pictures[item], SIDE) or "") * 3 / 4 for item in some]
        pictures = float(np.mean(sizes)) * len(set(dataset.pictures)) / len(dataset.pictures)
    weights = sum(2 * model.config.dim + sum(table.shape[1] for table in model.codes) for model in models)
    return weights + COMPRESSED * float(texts) + pictures


def _catalogue(dataset: Dataset, rows: np.ndarray, pseudonyms: bool) -> tuple[PageItems, list[str]]:
    """Ids, titles, texts and pictures of the rows; a picture is kept once."""
    items = rows.tolist()
    ids = [dataset.item_ids[item][:LONGEST] for item in items]
    titles = [dataset.titles[item][:LONGEST] for item in items]
    if pseudonyms:
        hidden = [f"item {item}" if item else "" for item in items]
        titles = [new if title == old else title for title, old, new in zip(titles, ids, hidden, strict=True)]
        ids = hidden
    places: dict[str, int] = {}
    pictures: list[int | None] = []
    for item in items:
        address = data_uri(dataset.pictures[item], SIDE) if dataset.pictures else None
        pictures.append(None if address is None else places.setdefault(address, len(places)))
    texts = {name: [column[item][:LONGEST] for item in items] for name, column in dataset.texts.items()}
    return {"id": ids, "title": titles, "texts": texts, "picture": pictures}, list(places)


def _code_names(model: MMSR, dataset: Dataset) -> dict[str, dict[str, str]]:
    """Modality -> code, as JSON writes a number that is a name -> its name."""
    names: dict[str, dict[str, str]] = {name: {} for name in model.node_types[1:]}
    for (modality, code), name in code_labels(model, dataset).items():
        names[modality][str(code)] = name
    return names


def _user(dataset: Dataset, number: int, place: int, pseudonyms: bool) -> PageUser:
    """A user with the whole history, whose last item is the target."""
    card: UserCard = {"index": number, "id": dataset.user_ids[number]}
    if pseudonyms:
        card = {"index": place, "id": f"no. {place + 1}"}
    because: list[int] = []
    if "because" in dataset.facts:
        places = np.asarray(dataset.facts["because"])[dataset.offsets[number + 1] - 1]
        because = [int(place) for place in places if place >= 0]
    history, truth = dataset.history(number).tolist(), truth_of(dataset, number)
    reason = reason_of(dataset, number) if truth is not None and "reason" in truth else []
    return {**card, "history": history, "truth": truth, "because": because, "reason": reason}


def _note(dataset: Dataset, users: int, kept: np.ndarray | None, models: int, pseudonyms: bool) -> str:
    """One line that says what is inside."""
    items = f"{dataset.num_items:,} items"
    if kept is not None:
        items = f"{len(kept) - 1:,} of {dataset.num_items:,} items (ranks and probabilities are among these alone)"
    who = f"{users} {'user' if users == 1 else 'users'} with history"
    what = f"{models} {'model' if models == 1 else 'models'}"
    ids = "ids are pseudonyms" if pseudonyms else "ids as in the data"
    return f"Inside: {who}, {items}, {what}; {ids}."
