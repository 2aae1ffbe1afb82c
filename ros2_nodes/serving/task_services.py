"""A behaviour tree's handle on the motion: ``~/run`` and ``~/cancel``."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.lifecycle import LifecycleNode
from std_srvs.srv import Trigger

from elcd_policy.errors import ElcdError


class TaskServices:
    """Offers the services on a node; outcomes come on ``~/status``.

    Parameters
    ----------
    node : the node.
    run : begins a task and gives its number; an `ElcdError` refuses it.
    cancel : ends what moves the arm; whether anything did.
    """

    def __init__(
        self, node: LifecycleNode, run: Callable[[], int], cancel: Callable[[], bool]
    ) -> None:
        self._run, self._cancel = run, cancel
        self._log = node.get_logger()
        node.create_service(Trigger, "~/run", self._on_run)
        node.create_service(Trigger, "~/cancel", self._on_cancel)

    def _on_run(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            response.message = f"task {self._run()}"
            response.success = True
        except ElcdError as error:
            response.success, response.message = False, str(error)
        self._log.info(f"~/run: {response.message}")
        return response

    def _on_cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._cancel()
        response.message = "canceled" if response.success else "no task moves the arm"
        self._log.info(f"~/cancel: {response.message}")
        return response
