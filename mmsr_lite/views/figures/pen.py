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
    """Draws text, boxes and pictures in the pixels of a layout.

    Args:
        axes: the axes of matplotlib.
        layout: the layout.

    Example:
        >>> from matplotlib.figure import Figure
        >>> pen = Pen(Figure().add_subplot(), layout=None)
        >>> pen.text(10, 20, "hat")
        >>> [text.get_text() for text in pen.axes.texts]
        ['hat']
    """

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
        """Write a text.

        Args:
            x: its place across, in pixels.
            y: its middle from the top, in pixels.
            words: the text; formulas in it are not read.
            size: the size of the letters in points.
            ink: the colour.
            ha: which part of the text is at x: "left", "center" (the default) or "right".
            bold: whether it is bold; default False.
        """
        look = {"color": ink, "fontsize": size, "ha": ha, "va": "center", "fontweight": "bold" if bold else "normal"}
        self.axes.text(x, y, str(words), **look, zorder=6, parse_math=False)  # type: ignore[arg-type]

    def box(
        self, x: float, y: float, wide: float, tall: float, fill: str, edge: str = "none", order: float = 0
    ) -> None:
        """Draw a rounded box.

        Args:
            x: its left side, in pixels.
            y: its top, in pixels.
            wide: its width in pixels.
            tall: its height in pixels.
            fill: the colour inside.
            edge: the colour of its border; default: no border.
            order: boxes with a greater order are drawn above others; default 0.
        """
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
        """Draw one of the shapes of `theme.SHAPES`.

        Args:
            name: the name of the shape.
            x: its centre across, in pixels.
            y: its centre from the top, in pixels.
            size: its size in pixels.
            look: settings of matplotlib's `Polygon`, such as `facecolor`.
        """
        from matplotlib.patches import Polygon

        points = [(x + px * size, y + py * size) for px, py in theme.SHAPES[name]]
        self.axes.add_artist(Polygon(points, **look))
