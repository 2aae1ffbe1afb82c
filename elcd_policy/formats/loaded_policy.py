"""A policy as it is served: numpy arrays in and out, as fast as it can be computed."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from ..errors import ParameterError, PolicyFileError, ShapeError
from ..metadata import PolicyMetadata
from ..policy import MotionPolicy, check_positions, sample_times
from ..rollout import rollout
from .archive import NotRebuiltError, quiet, weights_hash
from .fused import served
from .onnx import OnnxRuntime
from .reading import StoredModule, compile_module
from .rebuilding import build_motion_policy, describe_policy

_METHODS = ["encode", "decode", "latent_velocity", "set_goal", "get_goal"]


class LoadedPolicy:
    """A policy from a file, for numpy arrays.

    Attributes
    ----------
    metadata : `PolicyMetadata` of the file.
    dimension : d.
    module : the policy as TorchScript, compiled here from what was rebuilt, for whoever wants
        tensors or float64.
    rebuilt : the same as a module of this library's classes; None of a file whose own code is
        run because the caller trusts it.
    code_note : why the text of the file's code was not compared; empty if it is our own text.
    packed : the weights as a packed file stores them, else None.
    runtime : what computes `velocity`, of an ONNX file; else it is ``module``, optimised.
    """

    def __init__(
        self,
        stored: StoredModule[PolicyMetadata],
        runtime: OnnxRuntime | None = None,
    ) -> None:
        self.module, self.rebuilt = stored.compiled, stored.module
        self.metadata = stored.metadata
        self.code_note, self.packed = stored.code_note, stored.packed
        self.dimension = self.metadata.dimension
        self.runtime = runtime
        self._goal = self.module.get_goal().numpy()
        with quiet():
            self._fast = torch.jit.optimize_for_inference(self.module, other_methods=_METHODS)

    def velocity(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the velocity in units per s at one position [d] or many [N, d].

        Raises
        ------
        ShapeError
            If the last axis is not d.
        """
        x = check_positions(x, self.dimension)
        rows = x.reshape(-1, self.dimension).astype(self._goal.dtype)
        if self.runtime is not None:
            v = self.runtime.velocity(rows, self._goal)
        else:
            with torch.inference_mode():
                v = self._fast.forward(torch.from_numpy(rows)).numpy()
        return v.astype(np.float64).reshape(x.shape)

    def rollout(
        self, x0: ArrayLike, duration: float, dt: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Follow the field, as `MotionPolicy.rollout`."""
        x0 = check_positions(x0, self.dimension)
        time = sample_times(duration, dt)
        return time, rollout(self.module, x0, time)

    def set_goal(self, goal: ArrayLike) -> None:
        """Move the goal to ``goal`` [d]; the whole field moves with it.

        Raises
        ------
        ShapeError
            If ``goal`` is not one finite point [d].
        ParameterError
            If the policy avoids obstacles and one of them holds the goal.
        """
        goal = np.asarray(goal, dtype=np.float64)
        if goal.shape != (self.dimension,) or not np.isfinite(goal).all():
            raise ShapeError(
                "a goal does not fit the policy",
                got=goal.tolist(),
                expected=f"{self.dimension} finite numbers",
            )
        for module in (self.module, self._fast):
            try:
                module.set_goal(torch.tensor(goal))
            except torch.jit.Error as error:
                reason = str(error).strip().splitlines()[-1]
                raise ParameterError("the policy refuses the goal", got=reason) from error
        self._goal = self.module.get_goal().numpy()

    def get_goal(self) -> NDArray[np.float64]:
        """Return the goal [d]."""
        return self.module.get_goal().numpy().astype(np.float64)

    @property
    def avoids_obstacles(self) -> bool:
        """Return whether the file says, or is made so, that it keeps clear of obstacles."""
        parts = [part.original_name for part in self.module.modules()]
        return "obstacles" in self.metadata.guarantee or "ObstacleMap" in parts


def trainable_policy(policy: LoadedPolicy) -> MotionPolicy:
    """Return a copy of a loaded policy, as it is now, that can be trained.

    Raises
    ------
    PolicyFileError
        If its flow or field is neither of this library nor registered, or it avoids obstacles.
    """
    try:
        if policy.avoids_obstacles:
            raise NotRebuiltError("a policy around obstacles")
        description = describe_policy(policy.module)
    except NotRebuiltError as refusal:
        raise PolicyFileError(
            "the policy can't be rebuilt as a module",
            got=str(refusal),
            expected="a flow and a field of this library, or registered ones",
        ) from refusal
    facts = replace(policy.metadata, goal=policy.get_goal().tolist())
    return build_motion_policy(facts, description, policy.module.state_dict())


def serve_policy(policy: nn.Module, metadata: PolicyMetadata) -> LoadedPolicy:
    """Return a policy as if it came from a file.

    Parameters
    ----------
    policy : a `MotionPolicy`, or a module that offers what it does.
    """
    policy = copy.deepcopy(policy)
    if type(policy) is MotionPolicy:
        policy = served(policy)
    compiled, _ = compile_module(policy)
    facts = replace(metadata, weights_hash=weights_hash(compiled.state_dict()))
    return LoadedPolicy(StoredModule(policy, compiled, facts))
