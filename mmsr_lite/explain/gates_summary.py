"""Tables of gates summarised: histograms, and means by node type, position, popularity, length and code."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.arguments import checked
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.gates import FLOW
from mmsr_lite.explain.inputs import refuse_other_table
from mmsr_lite.records import GatesRecord

BINS = np.linspace(0, 1, 21)


@checked()
def gates_beside(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join the gates of several data sets in one table, with a column `dataset`.

    Args:
        tables: name of a data set -> the table of `gates`.

    Returns:
        All rows in one table. Its `attrs` have model, run, seed and version where these are the same in all tables.

    Raises:
        MMSRError: `tables` is empty, or one of them is no table of gates.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.explain.gates import gates
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> table = gates(MMSR(MMSRConfig(dim=8), world.num_items), world)
        >>> gates_beside({"one": table, "two": table})["dataset"].unique().tolist()
        ['one', 'two']
    """
    for table in tables.values():
        refuse_other_table(table, ("layer", "type", "late", "user"), "gates")
    if not tables:
        raise MMSRError("tables is empty; give a table of gates for each data set")
    kinds = list(dict.fromkeys(kind for table in tables.values() for kind in table["type"].cat.categories))
    parts = {name: table.assign(dataset=name) for name, table in tables.items()}
    whole = pd.concat(
        [part.assign(type=part["type"].cat.set_categories(kinds)) for part in parts.values()], ignore_index=True
    )
    about = {key: {table.attrs.get(key) for table in tables.values()} for key in ("model", "run", "seed", "version")}
    alike = {key: values.pop() if len(values) == 1 else None for key, values in about.items()}
    whole.attrs = {"dataset": " and ".join(tables), **alike}
    return whole


@checked(bins=(1, 1000))
def gates_summary(table: pd.DataFrame, bins: int = 8) -> GatesRecord:
    """Summarise a table of gates in groups, by data set where there are several.

    Args:
        table: what `gates` or `gates_beside` gave.
        bins: the number of groups of positions, popularities and lengths, with about equally many rows.

    Returns:
        Histograms by layer and type; mean, median, 5 and 95 % quantile by type, position, popularity, length and code,
        and of the last item's gates by the kind of user, where kinds are planted. If the table holds the flow, each
        group also has the mean shares of early and late fusion in the flow of its histories.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.explain.gates import gates
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> table = gates(MMSR(MMSRConfig(dim=8), world.num_items), world)
        >>> gates_summary(table).layers
        1
    """
    refuse_other_table(table, ("layer", "type", "late", "user"), "gates")
    types, own = list(table["type"].cat.categories), [name for name in table if name == "dataset"]
    histogram = [
        {
            "layer": int(layer),
            **dict(zip(("type", *own), key, strict=True)),
            "counts": np.histogram(some, BINS)[0].tolist(),
        }
        for (layer, *key), some in table.groupby(["layer", "type", *own], observed=True)["late"]
    ]
    by = {"type": _grouped(table, 0)}
    for name in ("position", "popularity", "length"):
        share = table[name].rank(pct=True)  # equal values are in one group
        by[name] = _grouped(table, np.ceil(bins * share), name)
    codes = table[table["type"] != types[0]]
    by["code"] = _grouped(codes, codes["id"], "id")
    if "kind" in table:
        of_last = table[(table["type"] == types[0]) & (table["position"] == 1)]
        by["kind"] = _grouped(of_last, of_last["kind"], keep="kind")
    record = {
        "schema": GatesRecord.schema,
        **table.attrs,
        "users": len(table[[*own, "user"]].drop_duplicates()),
        "rows": len(table),
    }
    record |= {"node_types": types, "layers": int(table["layer"].max()) + 1, "edges": BINS.round(2).tolist()}
    sentence = _sentence(table)
    if own:
        parts = {name: some for name, some in table.groupby("dataset", sort=False)}
        sentence = " ".join(f"{name}: {_sentence(some)}" for name, some in parts.items())
        means = pd.DataFrame({name: some.groupby("type", observed=True)["late"].mean() for name, some in parts.items()})
        kind = (means.max(axis=1) - means.min(axis=1)).idxmax()
        ends = ", ".join(f"{mean:.2f} in {name}" for name, mean in means.loc[kind].dropna().items())
        sentence += f" They differ most for {kind}: {ends}."
    return GatesRecord(record, histogram=histogram, by=by, sentence=sentence)


def _sentence(table: pd.DataFrame) -> str:
    means = table.groupby("type", observed=True)["late"].mean()
    lean = (
        f"{100 * (table['late'] > 0.5).mean():.0f} % of {len(table):,} gates lean to the path hohe; its mean weight is "
    )
    sentence = lean + ", ".join(f"{mean:.2f} for {name}" for name, mean in means.items()) + "."
    if FLOW[0] in table:
        early, late = 100 * table.drop_duplicates("user")[FLOW].mean()
        sentence += f" Of what flows to the first item's score {early:.0f} % are early and {late:.0f} % late fusion."
    return sentence


def _grouped(table: pd.DataFrame, group: Any, name: str | None = None, keep: str | None = None) -> list[dict[str, Any]]:
    """A row for each layer, type, group and data set.

    It has the least and greatest of the column `name` in it, or the group itself as `keep`, and the mean flow.
    """
    if not len(table):
        return []
    keys = ["layer", "type", "group", *(name for name in table if name == "dataset")]
    some = table.assign(group=group).groupby(keys, observed=True)
    rows = some["late"].agg(["count", "mean"])
    rows[["low", "median", "high"]] = some["late"].quantile([0.05, 0.5, 0.95]).unstack()
    if name is not None:
        rows[["from", "to"]] = some[name].agg(["min", "max"])
    if FLOW[0] in table:
        rows[FLOW] = some[FLOW].mean()
    found = rows.reset_index().astype({"type": str})
    found = found.rename(columns={"group": keep}) if keep else found.drop(columns="group")
    return found.to_dict("records")
