"""IDKM: a model whose weights are softly clustered while it trains, and packed once it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ..errors import CompressionError, ParameterError
from ..formats.packed_weights import Coded, PackedCodebook, PackedWeights
from .codebook import Codebook, Place, Settings, SoftWeights, round_to_half
from .gradients import GRADIENTS

#: Updates that the centroids may take at last, before assignments are fixed.
SETTLING = 50
BYTES_PER_CENTROID, BYTES_PER_SCALE = 2, 4


@dataclass(frozen=True)
class Layer:
    """Settings of one pattern of parameters, where they differ.

    Parameters
    ----------
    bits, dim : None as for the other layers.
    codebook : parameters with the same name here share one codebook; without a name each has its
        own, unless it is small.
    """

    bits: int | None = None
    dim: int | None = None
    codebook: str = ""


@dataclass(frozen=True)
class CodebookReport:
    """State of a codebook after the last forward pass.

    Parameters
    ----------
    name : of its parameters, or as given by `Layer`.
    parameters, weights : how many it has.
    bits_per_weight : of an index; the codebook comes on top.
    temperature : tau, of weights of unit size.
    iterations, residual : of the last solution, see `Solution`.
    distinct : centroids apart from all others, of ``k``.
    """

    name: str
    parameters: int
    weights: int
    bits_per_weight: float
    temperature: float
    iterations: int
    residual: float
    distinct: int
    k: int


class IDKM:
    """Soft k-means of a model's weights, as parametrisations of it.

    From here on the model computes with soft weights while it is in training mode, and with the
    nearest centroids in evaluation mode; its parameters stay what an optimiser moves. `fix` ends
    the clustering, `harden` all of it. The model is changed in place (Jaffe, Singh and Bullo 2023,
    arXiv 2312.07759).

    Parameters
    ----------
    model : any module without parametrisations of its own.
    bits : b, 1 to 8 for each sub-vector of ``dim`` weights: ``b / d`` bits per weight.
    dim : d.
    gradient : "implicit" (IDKM), "jfb" (IDKM-JFB) or "unrolled" (DKM); see `gradients`.
    layers : `Layer` by pattern of parameters' names (as in a shell: ``"*.bias"``), the first that
        fits counts; None excludes.
    shared_below : parameters of fewer weights share one codebook.
    excluded_below : parameters of fewer weights stay as they are.
    temperature, iterations, tolerance : see `Settings`.
    seed : draws the first centroids.

    Raises
    ------
    ParameterError
        If bits, dim or one of the others is out of range.
    CompressionError
        If the model has nothing to quantise, shares parameters or is parametrised already.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        bits: int = 4,
        dim: int = 1,
        gradient: str = "implicit",
        layers: Mapping[str, Layer | None] | None = None,
        shared_below: int = 4096,
        excluded_below: int = 0,
        temperature: float = 2.0,
        iterations: int = 30,
        tolerance: float = 1e-3,
        seed: int = 0,
    ) -> None:
        settings = Settings(bits, dim, gradient, temperature, iterations, tolerance)
        _check(settings)
        _check_model(model)
        self.model = model
        generator = torch.Generator().manual_seed(seed)
        groups: dict[tuple[str, Settings], list[Place]] = {}
        for name, parameter in model.named_parameters():
            layer = _layer(name, layers or {})
            too_small = parameter.numel() < max(1, excluded_below)
            if layer is None or too_small or not parameter.is_floating_point():
                continue
            chosen = replace(settings, bits=layer.bits or bits, dim=layer.dim or dim)
            _check(chosen)
            small = "small layers" if parameter.numel() < shared_below else name
            key = (layer.codebook or small, chosen)
            groups.setdefault(key, []).append(_place(model, name, parameter))
        self.codebooks = [
            Codebook(name, places, chosen, generator)
            for (name, chosen), places in groups.items()
            if _pays(places, chosen)
        ]
        if not self.codebooks:
            raise CompressionError(
                "nothing in the model can be quantised",
                got=f"{sum(p.numel() for p in model.parameters())} weights",
                expected="floating-point parameters that are not excluded, enough of them for "
                f"a codebook of {2**bits} centroids to pay",
            )
        for book in self.codebooks:
            for number, place in enumerate(book.places):
                part = SoftWeights(book, number).train(place.module.training)
                # unsafe: it would compute the soft weights only to look at their shape.
                parametrize.register_parametrization(
                    place.module, place.attribute, part, unsafe=True
                )

    @contextmanager
    def one_pass(self) -> Iterator[None]:
        """Compute soft weights once in this block, however often the model uses them.

        For one forward pass: its backward pass and the next step come after the block.
        """
        try:
            for book in self.codebooks:
                book.holding = True
            with parametrize.cached():
                yield
        finally:
            for book in self.codebooks:
                book.holding, book.held = False, None

    def report(self) -> list[CodebookReport]:
        """Report the state of each codebook."""
        return [
            CodebookReport(
                name=book.name,
                parameters=len(book.places),
                weights=book.weights,
                bits_per_weight=book.settings.bits / book.settings.dim,
                temperature=book.tau,
                iterations=book.state.iterations,
                residual=book.state.residual,
                distinct=book.distinct(),
                k=len(book.centroids),
            )
            for book in self.codebooks
        ]

    def parameters(self) -> list[nn.Parameter]:
        """Return what an optimiser may move now: the model's own, or the centroids once fixed."""
        originals = {id(place.original) for book in self.codebooks for place in book.places}
        fixed = [book.learned for book in self.codebooks if book.learned is not None]
        return [
            *fixed,
            *(
                parameter
                for parameter in self.model.parameters()
                if parameter.requires_grad and not (fixed and id(parameter) in originals)
            ),
        ]

    def fix(self, updates: int = SETTLING) -> None:
        """Fix which centroid each weight has; from here on training moves the centroids.

        The gradient of a centroid is the sum over its weights (Han et al. 2016).

        Parameters
        ----------
        updates : that the centroids may take before, to the tolerance of the settings.
        """
        for book in self.codebooks:
            if book.learned is None:
                book.fix(updates)

    def harden(self) -> PackedWeights:
        """Give the model its nearest centroids for weights and take the parametrisations off.

        Returns
        -------
        The same weights as they are stored: ``packed.save(path)``, later
        ``load_packed(path).restore(model)``, to the bit.
        """
        self.fix()
        coded = [
            Coded(
                place.name,
                list(place.original.shape),
                str(place.original.dtype).removeprefix("torch."),
                index,
                place.scale,
            )
            for index, book in enumerate(self.codebooks)
            for place in book.places
        ]
        packed = [
            PackedCodebook(
                book.settings.bits,
                round_to_half(book.centroids).numpy().astype(np.float16),
                torch.cat(book.indices).numpy().astype(np.uint8),
            )
            for book in self.codebooks
        ]
        for book in self.codebooks:
            for place in book.places:
                parametrize.remove_parametrizations(
                    place.module, place.attribute, leave_parametrized=False
                )
        names = {item.name for item in coded}
        kept = {
            name: value.detach().clone()
            for name, value in self.model.state_dict().items()
            if name not in names
        }
        weights = PackedWeights(coded, packed, kept)
        weights.restore(self.model)
        return weights


def _place(model: nn.Module, name: str, parameter: Tensor) -> Place:
    path, _, attribute = name.rpartition(".")
    size = float(np.float32(parameter.detach().square().mean().sqrt()))
    return Place(model.get_submodule(path), attribute, name, size or 1.0)


def _layer(name: str, layers: Mapping[str, Layer | None]) -> Layer | None:
    return next((item for key, item in layers.items() if fnmatchcase(name, key)), Layer())


def _pays(places: list[Place], settings: Settings) -> bool:
    """Return whether indices, scales and codebook take less than the weights themselves."""
    tensors = [getattr(place.module, place.attribute) for place in places]
    before = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    rows = sum(-(-tensor.numel() // settings.dim) for tensor in tensors)
    book = BYTES_PER_CENTROID * settings.dim * 2**settings.bits
    return rows * settings.bits / 8 + book + BYTES_PER_SCALE * len(places) < before


def _check(settings: Settings) -> None:
    if settings.gradient not in GRADIENTS:
        raise ParameterError(
            "unknown gradient", got=repr(settings.gradient), expected=" or ".join(GRADIENTS)
        )
    if not (1 <= settings.bits <= 8 and 1 <= settings.dim <= 64):
        raise ParameterError(
            "a codebook's size is out of range",
            got=f"{settings.bits} bits for {settings.dim} weights",
            expected="1 to 8 bits, for 1 to 64 weights",
        )
    if not (settings.temperature > 0 and settings.iterations >= 1 and settings.tolerance >= 0):
        raise ParameterError(
            "a setting of soft k-means is out of range",
            got=f"temperature {settings.temperature}, {settings.iterations} iterations, "
            f"tolerance {settings.tolerance}",
            expected="temperature > 0, iterations >= 1, tolerance >= 0",
        )


def _check_model(model: nn.Module) -> None:
    if any(parametrize.is_parametrized(part) for part in model.modules()):
        raise CompressionError(
            "the model is parametrised already",
            expected="plain parameters",
            advice="harden it first, or remove its parametrisations",
        )
    every = [id(value) for _, value in model.named_parameters(remove_duplicate=False)]
    if len(every) != len(set(every)):
        raise CompressionError(
            "the model uses a parameter in two places",
            expected="each parameter in one place",
            advice="copy the shared one",
        )
