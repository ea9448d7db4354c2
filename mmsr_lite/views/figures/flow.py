"""Figure of a flow: the contributions that add up to a score, by group of paths and by node ("What beta weighs")."""

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import FlowRecord
from mmsr_lite.records.flow_parts import FlowOfItem
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel
from mmsr_lite.views.figures.kit import empty_figure, named_rows, node_order, row_height

EARLY, LATE, REST = "crossed, then time", "time, then crossed", "bias"
COLOURS = {group: theme.COLOURS[name].light for group, name in theme.FLOW.items()}
NAMES = {EARLY: "early fusion", LATE: "late fusion"}  # group -> name in the legend
MOST_NODES = 10  # rows of the second panel; further nodes share one row


def flow(record: FlowRecord, item: int | None = None) -> FigureData:
    """Draw the signed contributions that add up to each score: by group of paths, and for one item by node.

    Args:
        record: A flow record.
        item: The item whose nodes are shown; None: the best ranked one.

    Returns:
        Two panels of bars: a row for each item, a row for each node. The parts of a row sum to a score, or to what the
        node contributes to it.

    Raises:
        MMSRError: The record does not hold the nodes of `item`.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> flow(sample("flow")).caption.partition(":")[0]
        'Signed contributions to scores, with attention and gates held as they are'
    """
    groups, flows, nodes = record["flow"]["groups"], record["flow"]["items"], record["nodes"]
    places = {own["item"]: place for place, own in enumerate(flows) if own.get("nodes")}
    if not places:
        return empty_figure("Flow of the scores", "The record holds no item node by node.")
    chosen = next(iter(places)) if item is None else item
    if chosen not in places:
        raise MMSRError(f"item is {item!r}; the record holds the nodes of {list(places)}: ask `mmsr_lite.flow` for it")
    names = [f"{wording.rank(card['rank'])}. {_ticked(record, card)}" for card in record["ranked"]]
    marks = []
    for row, own in enumerate(flows):
        marks += _bar(names[row], row, groups, [*own["groups"], own["rest"]], 0)
    own, card = flows[places[chosen]], record["ranked"][places[chosen]]
    order = _largest(record, own)
    rest = [n for n in node_order(record) if n not in order]
    rows = [(_node_name(record, n), own["nodes"][n]) for n in order]
    if rest:
        sums = [sum(own["nodes"][n][group] for n in rest) for group in range(len(groups))]
        rows.append((wording.count(len(rest), "other node"), sums))
    for row, (name, parts) in enumerate(rows):
        marks += _bar(name, row, groups, parts, 1)
    used = {mark.group for mark in marks if mark.value}
    looks = {_named(group): Look(COLOURS.get(group, theme.REST)) for group in (*groups, REST) if _named(group) in used}
    who = f"Rank {wording.rank(card['rank'])}, {untrusted.clean(card['title'], 30)}"
    title = f"{who}, {_finding(groups, own, card['score'])}"
    of_item = f"to the score of rank {wording.rank(card['rank'])}, by node"
    sums = [f"{name} {value:+.3f}" for name, value in zip(groups, own["groups"], strict=True)]
    return FigureData(
        "bars",
        title,
        f"Signed contributions to scores, with attention and gates held as they are: {_gate(record)}",
        f"Of {wording.count(len(nodes), 'node')}: {'; '.join(sums)}.",
        tuple(mark for mark in marks if mark.group in looks),
        looks,
        (
            Panel(Axis("to the score (a logit), by item"), named_rows(names), (0.0,)),
            Panel(Axis(of_item), named_rows([name for name, _ in rows]), (0.0,)),
        ),
        row_height(max(len(names), len(rows)), least=22, most=32, whole=400) + 20,
    )


def _ticked(record: FlowRecord, card: dict) -> str:
    """The title of an item; the item that came next has a tick before its title."""
    title = untrusted.clean(card["title"], 20)
    return f"✓ {title}" if card["item"] == record["target"] else title


def _node_name(record: FlowRecord, n: int) -> str:
    """The name of a node with its positions; the last item is called so."""
    name = untrusted.clean(record["nodes"][n]["label"], 18)
    if n == record["last"]:
        return f"{name}, last"
    return f"{name}, at {untrusted.clean(', '.join(map(str, record['nodes'][n]['positions'])), 8)}"


def _named(group: str) -> str:
    """The name of a group in the legend."""
    return NAMES.get(group, group)


def _bar(name: str, row: int, groups: list[str], parts: list[float], panel: int) -> list[Mark]:
    """The marks of one row; a part beyond the groups is the bias of a linear map."""
    named = zip([*groups, REST], parts, strict=False)
    return [
        Mark(f"{name}: {group}", value, float(row), value, _named(group), panel, note=name) for group, value in named
    ]


def _largest(record: FlowRecord, own: FlowOfItem) -> list[int]:
    """The nodes with the largest contributions, in the order of charts."""
    order = node_order(record)
    by_size = sorted(order, key=lambda n: -sum(map(abs, own["nodes"][n])))
    kept = by_size if len(order) <= MOST_NODES + 1 else by_size[:MOST_NODES]
    return [n for n in order if n in kept]


def _finding(groups: list[str], own: FlowOfItem, score: float) -> str:
    """Where most of the score comes from, and how much of all contributions is early and late fusion."""
    most = max(range(len(groups)), key=lambda group: own["groups"][group])
    sizes = [sum(abs(parts[group]) for parts in own["nodes"]) for group in range(len(groups))]
    whole = sum(sizes) or 1.0
    early, late = (_percent(sizes[groups.index(group)] / whole) for group in (EARLY, LATE))
    from_most = f"gets {own['groups'][most]:+.2f} of its score {score:.2f} from {groups[most]}"
    return f"{from_most}; of all its contributions {early} are early fusion, {late} late"


def _percent(share: float) -> str:
    """A share in percent; a small share is not rounded to 0 %."""
    if 0 < share < 0.005:
        return "less than 1 %"
    return f"{100 * share:.0f} %"


def _gate(record: FlowRecord) -> str:
    """The gate at the last item in words; it is no share of a flow."""
    late = [(layer, pair[0]) for layer, pair in enumerate(record["beta"], 1) if pair]
    if not late:
        return "the model has no update gate"
    numbers = ", ".join(f"{share:.2f} in layer {layer}" for layer, share in late)
    return f"the last item's gate gives hohe β = {numbers}, its own number and no share of late fusion"
