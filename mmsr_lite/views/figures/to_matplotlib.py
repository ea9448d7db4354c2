"""A plotly figure as a matplotlib figure: the marks our charts use, so that each has a PNG without a browser."""

import html
from typing import Any

from mmsr_lite.views import theme


def _axis(layout: dict, letter: str, name: str) -> dict:
    return layout.get(f"{letter}axis{name[1:]}", {})


def to_matplotlib(figure: Any):
    """The heat maps, lines, bars and pictures of `figure` with matplotlib; other marks are left out."""
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    record = figure.to_plotly_json()
    layout, plain = record["layout"], lambda text: html.unescape(str(text or "").replace("<br>", "\n"))
    height = layout.get("height", 420) / 100
    result = Figure(figsize=(9, max(3.0, height)), facecolor=theme.PAPER, layout="constrained")
    names = list(dict.fromkeys(trace.get("xaxis") or "x" for trace in record["data"])) or ["x"]
    panels = dict(zip(names, result.subplots(1, len(names), squeeze=False)[0], strict=True))
    grown: dict[tuple, float] = {}
    for trace in record["data"]:
        axes = panels[trace.get("xaxis") or "x"]
        if trace["type"] == "heatmap":
            colours = LinearSegmentedColormap.from_list("", [tuple(stop) for stop in trace["colorscale"]])
            grid = np.array([[np.nan if v is None else v for v in row] for row in trace["z"]], dtype=float)
            across = trace.get("x", range(grid.shape[1]))
            extent = (across[0] - 0.5, across[-1] + 0.5, len(grid) - 0.5, -0.5)
            image = axes.imshow(
                grid, cmap=colours, vmin=trace["zmin"], vmax=trace["zmax"], aspect="auto", extent=extent
            )
            result.colorbar(image, ax=axes, label=plain(trace["colorbar"]["title"]["text"]), shrink=0.6)
        elif trace["type"] == "scatter" and "lines" in trace.get("mode", ""):
            line = trace["line"]
            dash = {"dash": "--", "dot": ":", "dashdot": "-."}.get(line.get("dash"), "-")
            axes.plot(
                trace["x"], trace["y"], color=line["color"], ls=dash, marker="o", ms=4, label=plain(trace.get("name"))
            )
        elif trace["type"] == "scatter":
            mark = {"circle": "o", "square": "s", "hexagon": "h"}.get(trace["marker"]["symbol"], "D")
            look = {"color": trace["marker"]["color"], "marker": mark, "label": plain(trace.get("name")), "zorder": 3}
            axes.plot(trace["x"], trace["y"], ls="", ms=6, **look)
        elif trace["type"] == "bar":
            for x, y in zip(trace["x"], trace["y"], strict=True):
                start = base[y] if (base := trace.get("base")) else grown.get((y, x >= 0), 0)
                axes.barh(y, x, left=start, height=0.55, color=trace["marker"]["color"])
                grown[y, x >= 0] = start + x
            axes.barh([0], [0], color=trace["marker"]["color"], label=plain(trace.get("name")))
    for name, axes in panels.items():
        for letter in "xy":
            axis = _axis(layout, letter, name)
            if axis.get("tickvals") is not None:
                getattr(axes, f"set_{letter}ticks")(
                    axis["tickvals"], [plain(text) for text in axis["ticktext"]], parse_math=False
                )
            if "range" in axis:
                getattr(axes, f"set_{letter}lim")(axis["range"])
            getattr(axes, f"set_{letter}label")(plain(axis.get("title", {}).get("text")), color=theme.SOFT)
        if _axis(layout, "x", name).get("tickangle"):
            axes.tick_params(axis="x", rotation=90)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[:].set_visible(False)
        if any(trace["type"] == "heatmap" for trace in record["data"]) is False:
            axes.grid(color=theme.LINE, lw=0.6)
            axes.set_axisbelow(True)
        named = axes.get_legend_handles_labels()
        if len(panels) > 3:  # narrower than a legend: one for all
            if axes is panels[names[-1]]:
                result.legend(*named, loc="outside upper right", ncols=6, frameon=False, fontsize=8)
        elif len(named[1]) > 1 or len(panels) > 1:
            bars = any(trace["type"] == "bar" for trace in record["data"])
            above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 6 if bars else 2}  # never on a curve
            axes.legend(frameon=False, fontsize=8, borderaxespad=0.2, **above)
    for line in layout.get("shapes", []):
        if line["x0"] == line["x1"]:
            panels[line["xref"]].axvline(line["x0"], color=theme.SOFT, lw=1, ls=":", zorder=1)
    first = panels[names[0]]
    for image in layout.get("images", []):
        pixels = theme.picture(image["source"])
        if pixels is not None:
            limits, x, y = (first.get_xlim(), first.get_ylim()), image["x"], image["y"]
            unit = np.ptp(limits[0]) / np.ptp(limits[1]) * (height - 0.9) / 7.6  # an x unit as long as a y unit: square
            half = (unit * image["sizey"] / 2, image["sizey"] / 2)
            first.imshow(pixels, extent=(x - half[0], x + half[0], y + half[1], y - half[1]), aspect="auto", zorder=3)
            first.set(xlim=limits[0], ylim=limits[1])
    for note in layout.get("annotations", []):
        first.text(0.5, 0.5, plain(note["text"]), transform=first.transAxes, ha="center", va="center", parse_math=False)
    result.suptitle(plain(layout["title"]["text"]), x=0.02, ha="left", fontsize=12, fontweight="bold", parse_math=False)
    return result
