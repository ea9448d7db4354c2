"""Session: one history under edit and what the model makes of it; the explorer asks, records answer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.cards import item_card
from mmsr_lite.explain.edits import FAMILIES, EditedHistory, apply, filled
from mmsr_lite.explain.interventions import editable, trace_edited
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR

EDITS = ("add", "remove", "move", "replace")  # of the history, as `what_if` knows them
OTHERS = ("user", "families", "codes", "undo", "redo", "find", "what_if")
FOUND = 24  # items a search gives
UNDO = 100  # edits that can be undone
FITTED = 4  # models with other codes that are kept


@dataclass(frozen=True)
class Draft:
    """What a person edits: a history with the item that follows it, the families of relations, C and k."""

    user: int
    history: tuple[int, ...]
    target: int
    codes: int | None
    codes_per_item: int | None
    families: tuple[str, ...] = tuple(FAMILIES)


class Session:
    """`record` is the trace of the draft; `do(request)` edits it, with undo and redo, searches, or asks what if.

    A request is a dict: `do` names it, one of add, remove, move, replace, user, families, codes, undo, redo, find,
    what_if. Raises `MMSRError` for what cannot be done, and then nothing has changed.

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

    def __init__(self, model: MMSR, dataset: Dataset, user: Any = 0, *, seed: int = 0, reduction: str = "pca"):
        self.model, self.dataset = model, dataset
        self._fit = {"seed": seed, "reduction": reduction, "dim": model.config.dim}
        tables = zip(model.nodes.tables[1:], model.codes, strict=True)
        shapes = {(len(vectors.weight) - 1, codes.shape[1]) for vectors, codes in tables}
        self._trained = shapes.pop() if len(shapes) == 1 else (None, None)  # C and k, where all modalities share them
        self._models: dict[Any, tuple[MMSR, str]] = {}
        texts = zip(dataset.titles, dataset.item_ids, *dataset.texts.values(), strict=True)
        self._words = [" ".join(words).casefold() for words in texts]
        self._show([self._draft_of(user)], 0)

    def do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what `request` says; what is found or compared comes back, an edit changes `record`."""
        given = {key: value for key, value in request.items() if key not in ("do", "number")}
        name = choose("request", request.get("do"), (*EDITS, *OTHERS))
        if name == "find":
            return {"found": self.find(str(given["words"]))}
        if name == "what_if":
            return {"what_if": self.what_if(given["change"], int(given["repeats"]))}
        drafts, at = self._drafts, self._at
        if name in ("undo", "redo"):
            at += 1 if name == "redo" else -1
            if not 0 <= at < len(drafts):
                raise MMSRError(f"there is nothing to {name}")
        else:
            drafts = [*drafts[: at + 1], self._edited(name, given)][-UNDO - 1 :]
            at = len(drafts) - 1
        self._show(drafts, at)
        return {}

    def find(self, words: str, most: int = FOUND) -> list[dict[str, Any]]:
        """Items in whose title, id or texts all `words` occur, with their pictures."""
        wanted = words.casefold().split()
        items = (item for item in range(1, len(self._words)) if all(word in self._words[item] for word in wanted))
        return [item_card(self.dataset, item) for item, _ in zip(items, range(most), strict=False)]

    def what_if(self, change: Mapping[str, Any] | Sequence[Mapping[str, Any]], repeats: int = 20) -> dict[str, Any]:
        """The record of `what_if` for the history as it is now."""
        if self.draft.families != tuple(FAMILIES):
            raise MMSRError("the clean run of a what-if has all relations; switch both families on first")
        model, _ = self._model(self.draft)
        record = what_if(model, self.dataset, change=change, repeats=repeats, **self._asked(self.draft))
        return record | {end: self._named(record[end]) for end in ("clean", "changed")}

    def _edited(self, name: str, given: dict[str, Any]) -> Draft:
        if name == "user":
            return self._draft_of(given["user"])
        if name == "families":
            for family in given["families"]:
                choose("family", family, FAMILIES)
            return replace(self.draft, families=tuple(family for family in FAMILIES if family in given["families"]))
        if name == "codes":
            return replace(self.draft, codes=int(given["codes"]), codes_per_item=int(given["codes_per_item"]))
        scene = EditedHistory(list(self.draft.history), {}, self.dataset.titles, 0, ())
        apply(scene, [filled({"do": name} | given)], np.random.default_rng(0))
        return replace(self.draft, history=tuple(scene.history[-self.model.max_history :]))

    def _draft_of(self, user: Any) -> Draft:
        ids = self.dataset.user_ids
        index = ids.index(user) if user in ids else int(user) if str(user).isdigit() else -1
        if not 0 <= index < len(ids):
            raise MMSRError(f"there is no user {user!r}; give an id such as {ids[0]!r}, or 0 to {len(ids) - 1}")
        *past, target = self.dataset.history(index).tolist()
        if not past:
            raise MMSRError(f"user {index} ({ids[index]!r}) has one item, so nothing comes before it; choose another")
        return Draft(index, tuple(past[-self.model.max_history :]), target, *self._trained)

    def _asked(self, draft: Draft) -> dict[str, Any]:
        if draft.history == (own := self._draft_of(draft.user)).history and draft.target == own.target:
            return {"user": draft.user}  # which brings the planted cause, where there is one
        return {"history": draft.history, "target": draft.target}

    def _model(self, draft: Draft) -> tuple[MMSR, str]:
        """The model with C and k of the draft, codes learned anew from the features, and what is to be said of it."""
        shape, (codes, k) = (draft.codes, draft.codes_per_item), self._trained
        if shape == self._trained:
            return self.model, ""
        if shape not in self._models:
            books = fit_codebooks(self.dataset, num_codes=shape[0], codes_per_item=shape[1], **self._fit)
            ours, least = [table.cpu().numpy() for table in self.model.codes], min(k, shape[1])
            pairs = zip(ours, books, strict=True)
            same = shape[0] == codes and all(np.array_equal(a[:, :least], b.codes[:, :least]) for a, b in pairs)
            note = f"the model was trained with k = {k}"
            if not same:
                note = f"the model was trained with C = {codes}; these codes stand untrained at their centres (4.1)"
            anew = ("codes.",) if same else ("codes.", *(f"nodes.tables.{m}." for m in range(1, 1 + len(books))))
            other = type(self.model)(self.model.config, self.dataset.num_items, books)
            kept = {name: value for name, value in self.model.state_dict().items() if not name.startswith(anew)}
            other.load_state_dict(kept, strict=False)
            for old in list(self._models)[: 1 - FITTED]:
                del self._models[old]
            self._models[shape] = other.to(self.model.item_table().device).eval(), note
        return self._models[shape]

    @property
    def draft(self) -> Draft:
        """What is being looked at."""
        return self._drafts[self._at]

    def _show(self, drafts: list[Draft], at: int) -> None:
        draft = drafts[at]
        model, note = self._model(draft)
        asked = self._asked(draft)
        cuts = [filled({"do": "relation", "relation": name}) for name in FAMILIES if name not in draft.families]
        if cuts:
            edited = editable(model, self.dataset, draft.history)
            apply(edited, cuts, np.random.default_rng(0))
            record = trace_edited(model, self.dataset, edited, target=draft.target)
        else:
            record = trace(model, self.dataset, **asked)
        self._drafts, self._at, self._note = drafts, at, note  # only now: what cannot be done changes nothing
        self.record = self._named(record)

    def _named(self, record: dict[str, Any]) -> dict[str, Any]:
        """`record` with its user and the state of the draft, which the controls show."""
        draft = self.draft
        state = {name: value for name, value in asdict(draft).items() if name not in ("user", "history", "target")}
        state |= {"edited": draft != self._draft_of(draft.user), "note": self._note}
        state |= {"undo": self._at, "redo": len(self._drafts) - self._at - 1}
        return record | {"user": {"index": draft.user, "id": self.dataset.user_ids[draft.user]}, "draft": state}
