"""The common style of all pictures: colours, axes, legends, and how they are saved.

Colours are those of Okabe and Ito, told apart with any colour vision.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..utils.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FIELD, PUSH, REACHED = "#333333", "#b9c0c7", "#e69f00", "#009e73"
DEMONSTRATION: dict[str, Any] = {"color": "#56b4e9", "lw": 3.2, "alpha": 0.55, "zorder": 3}
ROLLOUT: dict[str, Any] = {"color": "#004b87", "lw": 1.1, "zorder": 4}
EXECUTED: dict[str, Any] = {"color": "#d55e00", "lw": 1.6, "zorder": 5}
OBSTACLE: dict[str, Any] = {"facecolor": "#8c8c8c", "edgecolor": INK, "lw": 0.8, "zorder": 2}
LINE: dict[str, Any] = {"solid_capstyle": "round", "solid_joinstyle": "round"}

_FORMATS: dict[str, dict[str, Any]] = {
    "png": {"dpi": 125, "pil_kwargs": {"optimize": True}},
    "pdf": {},
    "svg": {},
}


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as .png, .pdf or .svg; the file appears whole or not at all.

    Raises
    ------
    ParameterError
        If the suffix is unknown.
    """
    path, kind = check_picture(path)
    with write_atomically(path) as file:
        figure.savefig(file, format=kind, **_FORMATS[kind])
    return path


def check_picture(path: str | Path) -> tuple[Path, str]:
    """Return path and format of a picture that is going to be written.

    Raises
    ------
    ParameterError
        If the suffix is unknown.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _FORMATS:
        raise ParameterError(
            f"a picture can't be written to {path}",
            got=f"'{path.suffix}'",
            expected=".png, .pdf, .svg",
        )
    return path, kind


def label_axes(ax: Axes, x: str, y: str) -> None:
    """Name the axes and quieten their frame."""
    ax.set_xlabel(x, fontsize=9, color=INK)
    ax.set_ylabel(y, fontsize=9, color=INK)
    ax.tick_params(labelsize=8, colors=INK, width=0.6, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=INK, linewidth=0.6)


def legend_handles(ax: Axes) -> dict[str, Any]:
    """Collect one handle for each label, in order of drawing."""
    found: dict[str, Any] = {}
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
        found.setdefault(label, handle)
    return found


def add_legend(figure: Figure, ax: Axes) -> None:
    """Add a legend below the panels, for what is drawn in one of them."""
    handles = legend_handles(ax)
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        handlelength=1.8,
        columnspacing=1.6,
    )
