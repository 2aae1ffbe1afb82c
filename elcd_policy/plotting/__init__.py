"""Pictures, drawn without pyplot or a display; matplotlib is imported when one is made."""

from .field import plot_field
from .preparation import plot_preparation
from .style import save_figure
from .tracking_error import plot_tracking_error

__all__ = ["plot_field", "plot_preparation", "plot_tracking_error", "save_figure"]
