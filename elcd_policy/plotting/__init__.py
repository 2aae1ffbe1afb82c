"""Pictures, drawn without pyplot or a display; matplotlib is imported when one is made."""

from .demonstrations import plot_demonstrations
from .field import plot_field
from .motion_fit import plot_fit
from .preparation import plot_preparation
from .style import check_picture, save_figure
from .tracking_error import plot_tracking_error

__all__ = [
    "check_picture",
    "plot_demonstrations",
    "plot_field",
    "plot_fit",
    "plot_preparation",
    "plot_tracking_error",
    "save_figure",
]
