"""What the screen prints is what Python computed: 200 random places, in a notebook's widget and in a live page."""

import random

import pytest

from mmsr_lite import explore
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PLACES, AT_ONCE = 200, 25  # places in all, and in each state of the screen
EARLY, LATE = "crossed, then time", "time, then crossed"
SHOWN = """() => {
  const found = [];
  const add = (key, one, text) => found.push([key, Number(one.dataset.value), text ?? null]);
  const edges = document.querySelectorAll("path.edge:not(.unused)");
  for (const { index, value } of edges) found.push([`edge/${index}`, value, null]);
  for (const one of document.querySelectorAll("g.node[data-value]")) add(`ring/${one.dataset.node}`, one);
  for (const one of document.querySelectorAll("rect.cell")) add(`cell/${one.dataset.cell}`, one);
  for (const row of document.querySelectorAll(".answers > table tr[data-item]")) {
    [...row.cells].slice(2).forEach((one, i) => add(`answer/${row.dataset.item}/${i}`, one, one.textContent));
  }
  const flows = document.querySelectorAll(".panel .flow-row");
  for (const one of flows) add(one.dataset.flow, one, one.lastChild.textContent);
  for (const button of document.querySelectorAll(".panel [data-to]")) {
    const cells = [...button.closest("tr").querySelectorAll("td")];
    cells.forEach((one, i) => one.textContent === "–" || add(`to/${button.dataset.to}/${i}`, one, one.textContent));
  }
  const chosen = (name) => Number(document.querySelector(`.${name} input:checked`)?.value ?? 0);
  const order = document.querySelector(".order input:checked").value;
  const node = document.querySelector("g.node.chosen")?.dataset.node;
  return { found, state: { layer: chosen("layer"), phase: chosen("phase"), order, node: Number(node) } };
}"""


def number_of(record, key: str, state) -> float:
    """The number that Python has for a place of the screen."""
    kind, *rest = key.split("/")
    layer, flow = record["layers"][state["layer"]], record["flow"]
    if kind == "edge":
        return layer["attention"][state["order"]][state["phase"]]["weights"][int(rest[0])]
    if kind == "ring":
        return layer["beta"][int(rest[0])][0]
    if kind == "cell":
        return record["layers"][int(rest[1])]["beta"][int(rest[0])][0]
    if kind == "to":
        edge, column = map(int, rest)
        path = list(layer["attention"])[column]
        weights = [phase["weights"][edge] for phase in layer["attention"][path]]
        return next(weight for weight in weights if weight is not None)  # an edge is of one family
    item = int(rest[0]) if kind == "answer" else record["target"]["item"]
    parts = next(one for one in flow["items"] if one["item"] == item)
    if kind == "answer":
        scored = [*record["answer"]["top"], record["target"]]
        score = next(one["score"] for one in scored if one["item"] == item)
        return [score, *(parts["groups"][flow["groups"].index(name)] for name in (EARLY, LATE))][int(rest[1])]
    place = flow["groups"].index(rest[0])
    return parts["groups"][place] if kind == "score" else parts["nodes"][state["node"]][place]


def turn(page, rng) -> None:
    """Another node, layer, order and phase."""
    for name in ("layer", "order", "phase"):
        boxes = page.locator(f".{name} input")
        boxes.nth(rng.randrange(boxes.count())).check(force=True)
    node = rng.randrange(page.locator("g.node").count())
    if page.get_attribute(f"g.node[data-node='{node}']", "aria-pressed") == "false":
        page.dispatch_event(f"g.node[data-node='{node}'] .shape", "click")
    page.wait_for_timeout(100)


def compare(page, record, seed: int) -> int:
    """Compare random places in random states with Python; how many."""
    rng, told, kinds = random.Random(seed), 0, set()
    while told < PLACES:
        turn(page, rng)
        shown = page.evaluate(SHOWN)
        for key, value, text in rng.sample(shown["found"], AT_ONCE):
            number = number_of(record, key, shown["state"])
            assert value == pytest.approx(number, abs=1e-4), (key, shown["state"])
            if text is not None:
                digits = len(text.partition(".")[2])
                assert float(text) == pytest.approx(number, abs=0.5 * 10**-digits + 1e-4), (key, text)
            kinds.add(key.partition("/")[0])
            told += 1
    assert kinds == {"edge", "ring", "cell", "answer", "score", "node", "to"}
    return told


def test_200_places_of_the_widget_of_a_notebook_print_what_python_has(live, made):
    explorer = explore(*made, user=3)
    assert compare(live(explorer), explorer.record, 0) == PLACES


def test_200_places_of_a_saved_live_page_print_what_python_has(visit, made, tmp_path):
    model, world = made
    explorer = explore(rounded(model), world, 3)
    explorer.ask(do="remove", position=2)
    explorer.save_html(tmp_path / "live.html", live=True)
    session = Session(rounded(model), world, 3)
    session.do({"do": "remove", "position": 2})
    assert compare(visit(tmp_path / "live.html"), session.record, 1) == PLACES


def test_a_wrong_number_is_seen(live, made):
    explorer = explore(*made, user=3)
    page = live(explorer)
    for layer in (wrong := explorer.record | {"layers": [dict(layer) for layer in explorer.record["layers"]]})[
        "layers"
    ]:
        layer["beta"] = [[late + 0.001, early - 0.001] for late, early in layer["beta"]]
    with pytest.raises(AssertionError):
        compare(page, wrong, 0)
