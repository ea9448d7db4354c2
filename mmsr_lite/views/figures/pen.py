"""A pen for still pictures: text, boxes, pictures and shapes in the pixels of a layout, drawn with matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.msgraph_layout import Layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class Pen:
    """Draws text, boxes and pictures in the pixels of a layout."""

    axes: Axes
    layout: Layout

    def text(
        self,
        x: float,
        y: float,
        words: Any,
        size: float = 8.5,
        ink: str = theme.SOFT,
        ha: str = "center",
        bold: bool = False,
    ) -> None:
        look = {"color": ink, "fontsize": size, "ha": ha, "va": "center", "fontweight": "bold" if bold else "normal"}
        self.axes.text(x, y, str(words), **look, zorder=6, parse_math=False)  # type: ignore[arg-type]

    def box(
        self, x: float, y: float, wide: float, tall: float, fill: str, edge: str = "none", order: float = 0
    ) -> None:
        from matplotlib.patches import FancyBboxPatch

        corner = f"round,pad=0,rounding_size={min(wide, tall) / 8}"
        self.axes.add_artist(FancyBboxPatch((x, y), wide, tall, boxstyle=corner, fc=fill, ec=edge, lw=1, zorder=order))

    def picture(self, x: float, y: float, half: float, source: Any) -> bool:
        """Draw a picture around (x, y), from -half to half; False when there is none.

        Args:
            x: the centre across, in pixels.
            y: the centre from the top.
            half: half of the side.
            source: the data address of the picture, or None.

        Returns:
            Whether a picture was drawn.
        """
        pixels = untrusted.picture(source)
        if pixels is None:
            return False
        ends = self.axes.get_xlim(), self.axes.get_ylim()
        self.axes.imshow(pixels, extent=(x - half, x + half, y + half, y - half), aspect="auto", zorder=6)
        self.axes.set(xlim=ends[0], ylim=ends[1])
        return True

    def shape(self, name: str, x: float, y: float, size: float, **look: Any) -> None:
        from matplotlib.patches import Polygon

        points = [(x + px * size, y + py * size) for px, py in theme.SHAPES[name]]
        self.axes.add_artist(Polygon(points, **look))
