"""The parameters of a node: declared from their settings, checked, updated while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from elcd_policy.errors import ParameterError

from .setting import Setting, Value, check_names

LARGEST = 1e12  # stands for no bound: a range needs both


class Parameters:
    """Declares settings on a node and holds their checked values.

    Parameters
    ----------
    node : the node.
    settings : what it can be told.

    Raises
    ------
    ParameterError
        If the node was given a value of the wrong type, out of range, or an unknown name.
    """

    def __init__(self, node: Node, settings: Sequence[Setting]) -> None:
        self.locked = False
        """While true, only live settings may change; the node sets it when configured."""
        self.on_change: Callable[[], None] | None = None
        """Called after live settings have changed."""
        self._settings = {setting.name: setting for setting in settings}
        self._values: dict[str, Value] = {}
        # An empty array of a YAML file has no type, and no value here.
        # rclpy has no public way to see what was given before it is declared, and declares
        # nothing of a wrong type, not even 2 for 2.0.
        given: Mapping[str, Parameter] = node._parameter_overrides
        own = {name for name in given if not node.has_parameter(name)}
        check_names(
            [name for name in own if not name.startswith("qos_overrides.")],
            self._settings,
            f"parameter of {node.get_name()}",
        )
        for setting in settings:
            value = setting.default
            if setting.name in given and given[setting.name].value is not None:
                value = setting.check(given[setting.name].value)
            self._values[setting.name] = value
            node.declare_parameter(
                setting.name, _for_ros(setting, value), _descriptor(setting), ignore_override=True
            )
            if value == ():  # without a value, whoever asks for all parameters gets none
                node.set_parameters([_empty(setting)])
        node.add_pre_set_parameters_callback(self._widen)
        node.add_on_set_parameters_callback(self._accept)
        node.add_post_set_parameters_callback(self._on_change)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def _widen(self, parameters: list[Parameter]) -> list[Parameter]:
        widened = []
        for parameter in parameters:
            setting = self._settings.get(parameter.name)
            if setting and setting.default == () and not parameter.value:
                parameter = _empty(setting)
            elif setting and isinstance(setting.default, float) and type(parameter.value) is int:
                parameter = Parameter(parameter.name, value=float(parameter.value))
            widened.append(parameter)
        return widened

    def _accept(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            for parameter in parameters:
                setting = self._settings.get(parameter.name)
                if setting is None:
                    continue
                setting.check(parameter.value)
                if self.locked and not setting.live:
                    raise ParameterError(
                        f"'{setting.name}' can't change now",
                        got=parameter.value,
                        expected=f"{self._values[setting.name]}, as it was configured",
                        advice="deactivate and clean up the node first",
                    )
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _on_change(self, parameters: list[Parameter]) -> None:
        for parameter in parameters:
            if parameter.name in self._settings:
                self._values[parameter.name] = self._settings[parameter.name].check(parameter.value)
        if self.on_change is not None:
            self.on_change()


def _for_ros(setting: Setting, value: Value) -> Any:
    if value == ():
        return _array_type(setting)
    return list(value) if isinstance(value, tuple) else value


def _empty(setting: Setting) -> Parameter:
    """Return an empty array of the setting's type: an empty list alone has none."""
    return Parameter(setting.name, _array_type(setting), [])


def _array_type(setting: Setting) -> Parameter.Type:
    return Parameter.Type.DOUBLE_ARRAY if setting.size else Parameter.Type.STRING_ARRAY


def _descriptor(setting: Setting) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=setting.meaning)
    if setting.choices:
        descriptor.additional_constraints = f"one of {', '.join(setting.choices)}"
    if setting.lower is None and setting.upper is None:
        return descriptor
    lower = -LARGEST if setting.lower is None else setting.lower
    upper = LARGEST if setting.upper is None else setting.upper
    if isinstance(setting.default, int):
        descriptor.integer_range = [IntegerRange(from_value=int(lower), to_value=int(upper))]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(lower), to_value=float(upper))
        ]
    return descriptor
