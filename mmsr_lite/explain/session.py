"""Session: a history that a person edits, with the model's trace of it; it answers the requests of the explorer.

a request -> a new `Draft` -> the model with the draft's codes -> a trace of the draft's history -> `record`

Requests, `{"do": name, ...}`, and their other fields:

    add       item, position              an item comes in
    remove    position
    move      position, to
    replace   position, item
    user      user                        another user's history
    history   history, perhaps target     a whole history
    model     model                       another of the models, by number
    families  families                    which families of relations there are
    codes     codes, codes_per_item       C and k
    undo, redo
    find      words                       answers {"found": [items]}
    what_if   change, repeats             answers {"what_if": record}
    beside    model                       answers {"beside": {"name", "record"}}: the same history in another model, or,
                                          `BEFORE_EDITS`, the user's own history in this one; null ends it
    product   layer, path, phase, edge    answers {"product": ...}: the terms of one logit (`explain.products`)
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from weakref import WeakKeyDictionary

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.cards import item_card, user_card
from mmsr_lite.explain.code_labels import Labels, code_labels, labelled
from mmsr_lite.explain.draft import Draft
from mmsr_lite.explain.edited_history import EditedHistory
from mmsr_lite.explain.edits import FAMILIES, apply, filled
from mmsr_lite.explain.first_experiment import first_experiment
from mmsr_lite.explain.inputs import UserLike, count_of, history_of, is_whole, item_of, items_of, label_of
from mmsr_lite.explain.interventions import editable, trace_edited
from mmsr_lite.explain.other_codes import with_other_codes
from mmsr_lite.explain.other_seeds import agreement_on_change, agreements, names_codes, refuse_other_kinds
from mmsr_lite.explain.page_data import distinct, page_data
from mmsr_lite.explain.products import product
from mmsr_lite.explain.shared_random import SharedRandom
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import Change, what_if
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import TraceRecord, WhatIfRecord
from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.cards import ItemCard
from mmsr_lite.records.explorer import Beside, Messages, Product
from mmsr_lite.records.live_page import PageData, PageStart
from mmsr_lite.values import quoted

EDITS = ("add", "remove", "move", "replace")  # of the history, as `edits.CHANGES` knows them
OTHERS = ("user", "history", "model", "families", "codes", "undo", "redo", "find", "what_if", "beside", "product")
BEFORE_EDITS = "before the edits"  # what may stand beside an edited history
PRODUCT = ("layer", "path", "phase", "edge")
MOST_FOUND = 24  # items that a search gives
UNDO = 100  # edits that can be undone
MOST_MODELS = 4  # models with other codes that are kept


class Session:
    """A history that a person edits, with undo and redo.

    Args:
        model: an MMSR.
        dataset: the data set that it was trained on.
        user: the user whose history is edited first, by number or id.
        seed: the seed of the model's codes; with it, C and k can be changed.
        reduction: how features were reduced before k-means.
        beside: name -> another model of the same data, which can be shown beside this one, or in its place.
        panes: the name of the model that is shown first and of the one beside it; None: `model`, and none beside it.
        other_seeds: name -> a model that differs from `model` in its seed alone, which can be shown beside it, too.

    Attributes:
        record: the trace of the draft, with the state of the explorer's controls in its field `draft`; with other
            seeds, `draft["seeds"]` says how many of the models say the same.
        beside: `name` and `record` of what is shown beside it; None: nothing is.

    Raises:
        MMSRError: a request cannot be carried out; then nothing has changed.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> session = Session(MMSR(MMSRConfig(dim=8), world.num_items), world)
        >>> before = len(session.record["history"])
        >>> session.do({"do": "remove", "position": 1}), len(session.record["history"]) - before
        ({}, -1)
        >>> session.do({"do": "undo"}), len(session.record["history"]) - before
        ({}, 0)
    """

    record: TraceRecord

    @checked(seed=SEED)
    def __init__(
        self,
        model: MMSR,
        dataset: Dataset,
        user: UserLike = 0,
        *,
        seed: int = 0,
        reduction: str = "pca",
        beside: Mapping[str, MMSR] | None = None,
        panes: tuple[str, str] | None = None,
        other_seeds: Mapping[str, MMSR] | None = None,
    ):
        if not isinstance(model, MMSR):
            raise MMSRError(f"{label_of(model)} has no MSGraph to explore; give an MMSR")
        self.model, self.dataset = model, dataset
        others, seeds = dict(beside or {}), dict(other_seeds or {})
        refuse_other_kinds(model, seeds)
        self._all = [model, *others.values(), *seeds.values()]
        self._names = distinct([model.label, *others, *seeds])
        self._seeds = [[0, *range(1 + len(others), len(self._all))]] if seeds else []  # numbers of such models
        self._beside: str | None = None
        self.beside: Beside | None = None
        self._labels: WeakKeyDictionary[MMSR, Labels] = WeakKeyDictionary()  # names of the codes of each model
        self._seed, self._reduction = seed, reduction
        self._trained = [_shape_of(one) for one in self._all]
        self._models: dict[Any, tuple[MMSR, str]] = {}
        columns = zip(dataset.titles, dataset.item_ids, *dataset.texts.values(), strict=True)
        self._words = [" ".join(column).casefold() for column in columns]
        shown = 0 if panes is None else self._names.index(choose("model", panes[0], self._names))
        self._show([self._draft_of(user, shown)], 0)
        if panes is not None:
            self._stand_beside(panes[1])

    def do(self, request: Mapping[str, Any]) -> Messages:
        """Answer one request of the explorer: an edit changes `record`; a search or a what-if is returned.

        Args:
            request: its name in `do`, and the fields in the table at the top of this module.

        Returns:
            Messages for the page: `{"found": [...]}`, `{"what_if": record}`, `{"beside": ...}`, or nothing.

        Raises:
            MMSRError: there is no such request, it lacks a field, or it cannot be carried out.
        """
        given = {key: value for key, value in request.items() if key not in ("do", "number")}
        name = choose("request", request.get("do", ""), (*EDITS, *OTHERS))
        if name == "find":
            return {"found": self.find(str(_field(given, "words", name)))}
        if name == "what_if":
            repeats = count_of(_field(given, "repeats", name), "repeats")
            return {"what_if": self.what_if(_field(given, "change", name), repeats)}
        if name == "beside":
            return {"beside": self._stand_beside(_field(given, "model", name))}
        if name == "product":
            return {"product": self.product(**{key: _field(given, key, name) for key in PRODUCT})}
        drafts, at = self._drafts, self._at
        if name in ("undo", "redo"):
            at += 1 if name == "redo" else -1
            if not 0 <= at < len(drafts):
                raise MMSRError(f"there is nothing to {name}")
        else:
            drafts = [*drafts[: at + 1], self._edited(name, given)][-UNDO - 1 :]
            at = len(drafts) - 1
        self._show(drafts, at)
        if self._beside is None:
            return {}
        is_offered = self._beside in self.record["draft"]["beside"]
        return {"beside": self._stand_beside(self._beside if is_offered else None)}

    def find(self, words: str, most: int = MOST_FOUND) -> list[ItemCard]:
        """The first `most` items in whose title, id or texts all `words` occur, with their pictures.

        Args:
            words: words with blanks between them; capitals do not matter.
            most: how many items are listed.

        Returns:
            The cards of the items.
        """
        wanted = words.casefold().split()
        items = (item for item in range(1, len(self._words)) if all(word in self._words[item] for word in wanted))
        return [item_card(self.dataset, item) for item, _ in zip(items, range(most), strict=False)]

    def what_if(self, change: Change | Sequence[Mapping[str, Any]], repeats: int = 20) -> WhatIfRecord:
        """The record of `explain.what_if` for the history as it is now.

        Args:
            change: as `explain.what_if` takes it.
            repeats: the number of other changes that it is compared with.

        Returns:
            The record.

        Raises:
            MMSRError: a family of relations is switched off, or the change is not possible.
        """
        if self.draft.families != tuple(FAMILIES):
            raise MMSRError("the clean run of a what-if has all relations; switch both families on first")
        model, _ = self._model(self.draft)
        asked = self._asked(self.draft)
        record = what_if(model, self.dataset, change=change, repeats=repeats, shared_random=True, **asked)
        seeds = self._seeds_on_change(change, record)
        ends = {end: self._named(record[end], model) for end in ("clean", "changed")}
        return record | ends | ({} if seeds is None else {"seeds": seeds})

    def product(self, layer: int, path: str, phase: int, edge: int) -> Product:
        """The terms of one attention logit of the present history, as in `explain.products.product`.

        Args:
            layer: the layer, from 0.
            path: "hohe" or "heho".
            phase: the phase of the path, from 0.
            edge: an index of the edges of `record`.

        Returns:
            The terms.

        Raises:
            MMSRError: a family of relations is switched off, or there is no such logit.
        """
        if self.draft.families != tuple(FAMILIES):
            raise MMSRError("the products are of the whole graph; switch both families on first")
        model, _ = self._model(self.draft)
        return product(model, self.draft.history, layer=layer, path=path, phase=phase, edge=edge)

    def _stand_beside(self, name: str | None) -> Beside | None:
        """The trace of the same history in another model, or of the history before the edits; None: of nothing."""
        if name is not None:
            choose("model", name, self.record["draft"]["beside"])
        self._beside, self.beside = name, None
        if name is None:
            return None
        if name == BEFORE_EDITS:
            draft = self._draft_of(self.draft.user, self.draft.model)
            model, _ = self._model(draft)
        else:
            draft, model = self.draft, self._all[self._names.index(name)]
        self.beside = {"name": name, "record": self._named(self._traced(model, draft), model)}
        return self.beside

    def page_data(self, users: Sequence[UserLike] = (), pseudonyms: bool | None = None) -> PageData:
        """What a page needs to replace this session, with the models that can be shown beside.

        Args:
            users: further users, by number or id.
            pseudonyms: whether ids of users and items are replaced; None: unless the data set is a made-up world.

        Returns:
            The page data, and `start`: the number of the model that is shown, the name of what is shown beside it, and
            the history, where it was edited.
        """
        draft, users = self.draft, [self.draft.user, *users]
        terms: dict[str, Any] = {"names": self._names, "pseudonyms": pseudonyms, "also": draft.history}
        data = page_data(self._all, self.dataset, users, seeds=self._seeds, **terms)
        start: PageStart = {"model": draft.model, "beside": self._beside}
        if "user" not in self._asked(draft):
            start |= {"history": list(draft.history), "target": draft.target}
        data["start"] = start
        return data

    @property
    def draft(self) -> Draft:
        """What is being looked at."""
        return self._drafts[self._at]

    def _edited(self, name: str, given: dict[str, Any]) -> Draft:
        """The draft after one edit."""
        if name == "user":
            return self._draft_of(_field(given, "user", name), self.draft.model)
        if name == "model":
            number = _field(given, "model", name)
            if not is_whole(number) or not 0 <= number < len(self._all):
                raise MMSRError(f"model is {quoted(number)}; expected a number from 0 to {len(self._all) - 1}")
            codes, codes_per_item = self._trained[number]
            return replace(self.draft, model=int(number), codes=codes, codes_per_item=codes_per_item)
        if name == "history":
            items = items_of(self.dataset, _field(given, "history", name))
            target = item_of(self.dataset, given.get("target", self.draft.target), "target")
            return replace(self.draft, history=tuple(items[-self.model.max_history :]), target=target)
        if name == "families":
            chosen = _field(given, "families", name)
            if not isinstance(chosen, list | tuple):
                raise MMSRError(f"families is {quoted(chosen)}; expected a list of names")
            for family in chosen:
                choose("family", family, FAMILIES)
            return replace(self.draft, families=tuple(family for family in FAMILIES if family in chosen))
        if name == "codes":
            codes = count_of(_field(given, "codes", name), "codes")
            codes_per_item = count_of(_field(given, "codes_per_item", name), "codes_per_item")
            return replace(self.draft, codes=codes, codes_per_item=codes_per_item)
        edited = EditedHistory(list(self.draft.history), {}, self.dataset.titles, 0, ())
        apply(edited, [filled({"do": name} | given)], SharedRandom())
        return replace(self.draft, history=tuple(edited.history[-self.model.max_history :]))

    def _draft_of(self, user: UserLike, model: int) -> Draft:
        """The user's own history, before any edit, as the model of this number reads it."""
        number, past, target = history_of(self.dataset, user, None, None, self._all[model].max_history)
        assert number is not None and target is not None  # of a user both are known
        codes, codes_per_item = self._trained[model]
        return Draft(number, tuple(past), target, codes, codes_per_item, model=model)

    def _asked(self, draft: Draft) -> dict[str, Any]:
        """Arguments of `trace` and `what_if` for a draft: the user, which brings its planted cause, or the edits."""
        own = self._draft_of(draft.user, draft.model)
        if draft.history == own.history and draft.target == own.target:
            return {"user": draft.user}
        return {"history": draft.history, "target": draft.target}

    def _model(self, draft: Draft) -> tuple[MMSR, str]:
        """The model of the draft with the draft's C and k, and a note about them."""
        base, trained = self._all[draft.model], self._trained[draft.model]
        if (draft.codes, draft.codes_per_item) == trained:
            return base, ""
        shape = (draft.model, draft.codes, draft.codes_per_item)
        if shape not in self._models:
            made = with_other_codes(base, self.dataset, shape[1:], trained, seed=self._seed, reduction=self._reduction)
            for old in list(self._models)[: 1 - MOST_MODELS]:
                del self._models[old]
            self._models[shape] = made
        return self._models[shape]

    def _show(self, drafts: list[Draft], at: int) -> None:
        """Make `drafts[at]` the one that is looked at; when it cannot be traced nothing changes."""
        draft = drafts[at]
        model, note = self._model(draft)
        record = self._traced(model, draft)
        group = self._same_but_for_seed(draft)
        others = {number: self._traced(self._all[number], replace(draft, model=number)) for number in group[1:]}
        self._drafts, self._at, self._note = drafts, at, note
        self.record = self._named(record, model)
        if group:
            self.record["draft"]["seeds"] = agreements([record, *others.values()])

    def _same_but_for_seed(self, draft: Draft) -> list[int]:
        """The number of the shown model, then of those that differ in their seed alone; none where it is alone."""
        if (draft.codes, draft.codes_per_item) != self._trained[draft.model]:
            return []
        group = next((group for group in self._seeds if draft.model in group), [])
        return sorted(group, key=lambda number: number != draft.model)

    def _seeds_on_change(self, change: Change | Sequence[Mapping[str, Any]], record: WhatIfRecord) -> Agreement | None:
        """How many models of other seeds move the probability alike; None where there are none, or one cannot."""
        group = self._same_but_for_seed(self.draft)
        if not group or names_codes(record.changes):
            return None
        records = [record]
        for number in group[1:]:
            asked = self._asked(replace(self.draft, model=number))
            terms: dict[str, Any] = {"change": change, "repeats": 1, "shared_random": True}
            try:
                records.append(what_if(self._all[number], self.dataset, **terms, **asked))
            except MMSRError:  # such as an edge that another model's graph lacks
                return None
        return agreement_on_change(records)

    def _traced(self, model: MMSR, draft: Draft) -> TraceRecord:
        """What a model does with a draft."""
        cuts = [filled({"do": "relation", "relation": name}) for name in FAMILIES if name not in draft.families]
        if not cuts:
            return trace(model, self.dataset, **self._asked(draft))
        edited = editable(model, self.dataset, draft.history)
        apply(edited, cuts, SharedRandom())
        return trace_edited(model, self.dataset, edited, target=draft.target)

    def _named(self, record: TraceRecord, model: MMSR) -> TraceRecord:
        """The record with its user, names for its codes, and the state of the draft, which the controls show."""
        draft = self.draft
        if model not in self._labels:
            self._labels[model] = code_labels(model, self.dataset)
        nodes = labelled(record, self._labels[model])
        state = {name: value for name, value in asdict(draft).items() if name not in ("user", "history", "target")}
        state |= {"edited": draft != self._draft_of(draft.user, draft.model), "note": self._note}
        state |= {"undo": self._at, "redo": len(self._drafts) - self._at - 1, "models": self._names}
        others = [name for number, name in enumerate(self._names) if number != draft.model]
        state["beside"] = [*others, *([BEFORE_EDITS] if state["edited"] else [])]
        state["experiment"] = first_experiment(self.dataset, record)
        return record | {"user": user_card(self.dataset, draft.user), "nodes": nodes, "draft": state}


def _shape_of(model: MMSR) -> tuple[int, int] | tuple[None, None]:
    """C and k of a model, where all its modalities share them."""
    tables = zip(model.nodes.tables[1:], model.codes, strict=True)
    shapes = {(len(vectors.weight) - 1, codes.shape[1]) for vectors, codes in tables}
    return shapes.pop() if len(shapes) == 1 else (None, None)


def _field(request: Mapping[str, Any], field: str, name: str) -> Any:
    """A field that a request needs."""
    if field not in request:
        raise MMSRError(f"request {name!r} with {quoted(dict(request))}: expected the field {field!r}")
    return request[field]
