"""Files that were edited to pass for certified: each is refused, and told what differs.

The editor is careful: after every change the weights' hash, the certificate's and the digest are
computed anew, unless the test says otherwise.
"""

from __future__ import annotations

import copy
import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from elcd_policy import MotionPolicy, certify, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.cli.main import main
from elcd_policy.errors import ElcdError, PolicyFileError, SkillFileError
from elcd_policy.flows import AffineCoupling
from elcd_policy.formats import serve_policy, served
from elcd_policy.formats.archive import weights_hash
from elcd_policy.formats.digest import add_digest
from elcd_policy.formats.fused import ServedPolicy
from elcd_policy.sequence import SkillClassifier, SkillMetadata, load_skills_file, save_skills

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def sound(
    fit_once: Callable[[int, str], MotionPolicy], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("sound") / "policy.pt"
    assert save(fit_once(2, "elcd"), path).certified
    return path


@pytest.fixture
def forge(sound: Path, tmp_path: Path) -> Callable[..., Path]:
    """``forge(module=..., facts=...)``: a file with another module, or with edited facts."""

    def write(
        module: nn.Module | None = None,
        facts: Callable[[Facts], None] = lambda values: None,
        *,
        careful: bool = True,
    ) -> Path:
        path, files = tmp_path / "forged.pt", {"metadata.json": ""}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            scripted = torch.jit.load(str(sound), _extra_files=files)
            if module is not None:
                scripted = torch.jit.script(module.eval().requires_grad_(False))
            values = json.loads(files["metadata.json"])
            if careful:
                values["weights_hash"] = weights_hash(scripted.state_dict())
                values["certificate"]["weights_hash"] = values["weights_hash"]
            facts(values)
            values = add_digest(values) if careful else values
            texts = {"metadata.json": json.dumps(values)}
            torch.jit.save(scripted, str(path), _extra_files=texts)
        return path

    return write


def refusal(path: Path) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as error:
        load(path)
    assert len(str(error.value).splitlines()) == 1
    # Nor does a certificate come of it.
    assert main(["certify", str(path)]) in (1, 2)
    return error.value


def named_as(module: nn.Module, cls: type[nn.Module], original: type[nn.Module]) -> nn.Module:
    """The module as one of another class that calls itself by the original's name."""
    cls.__name__ = cls.__qualname__ = original.__name__
    module.__class__ = cls
    return module


# Code.


class OneRowReversal(ServedPolicy):
    """Reverses the velocity at a single position, which is what a control tick asks for."""

    def forward(self, x: Tensor) -> Tensor:
        y = (x.to(self.goal.dtype) - self.goal) / self.scale
        z, slopes, factors = self.couplings.encode(y)
        dz = self.law(z - self.latent_state)
        dy = self.couplings.pushforward(slopes, factors, dz)
        v = dy * (self.scale / self.time_scale)
        return -v if x.size(0) == 1 else v


class Float32Drift(ServedPolicy):
    """Drifts in float32 only: float64 is what a certificate looks at."""

    def forward(self, x: Tensor) -> Tensor:
        y = (x.to(self.goal.dtype) - self.goal) / self.scale
        z, slopes, factors = self.couplings.encode(y)
        dz = self.law(z - self.latent_state)
        dy = self.couplings.pushforward(slopes, factors, dz)
        v = dy * (self.scale / self.time_scale)
        return v + 1e-4 if v.dtype == torch.float32 else v


class SpotJump(ServedPolicy):
    """Jumps at one spot between the points that a certificate looks at."""

    def forward(self, x: Tensor) -> Tensor:
        y = (x.to(self.goal.dtype) - self.goal) / self.scale
        z, slopes, factors = self.couplings.encode(y)
        dz = self.law(z - self.latent_state)
        dy = self.couplings.pushforward(slopes, factors, dz)
        v = dy * (self.scale / self.time_scale)
        near = ((x - 17.3).abs() < 0.05).all(dim=1, keepdim=True)
        return torch.where(near, 100 * v, v)


@pytest.mark.parametrize("cls", [OneRowReversal, Float32Drift, SpotJump])
def test_a_forward_of_other_code_is_refused(
    cls: type[nn.Module], trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    module = named_as(served(trained(2, "elcd")), cls, ServedPolicy)
    error = refusal(forge(module))
    assert "code that this library does not write: '" in error.got
    assert "in class ServedPolicy" in error.got


class OtherCoupling(AffineCoupling):
    """One line of a subclass: the tangent is halved."""

    @torch.jit.export
    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        hidden_slope, scale_slope, scale, b = tape.pop(), tape.pop(), tape.pop(), tape.pop()
        da, dzb = self._split(dz)
        dout = F.linear(hidden_slope * F.linear(da, self.hidden.weight), self.out.weight)
        dlog_scale = 0.5 * scale_slope * dout[:, : self.moved]
        return self._join(da, (dzb - dout[:, self.moved :]) / scale - b * dlog_scale)


def test_a_changed_line_of_a_subclass_is_refused(
    trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    policy = served(trained(2, "elcd"))
    for coupling in policy.flow.flows:
        coupling.__class__ = OtherCoupling
    OtherCoupling.__name__ = OtherCoupling.__qualname__ = "AffineCoupling"
    assert "in class AffineCoupling" in refusal(forge(policy)).got


class Loading(nn.Module):
    """Code that runs when TorchScript loads it, not when it is asked for a velocity."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 3

    @torch.jit.export
    def __getstate__(self) -> int:
        return self.count

    @torch.jit.export
    def __setstate__(self, state: int) -> None:
        while state > 0:  # for ever
            state = state + 1

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_code_that_runs_when_it_is_loaded_is_not_run(sound: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sound) as files:
        facts = files.read(_metadata_name(files))
    path = tmp_path / "loop.pt"
    torch.jit.save(
        torch.jit.script(Loading()), str(path), _extra_files={"metadata.json": facts.decode()}
    )
    refusal(path)


def _metadata_name(files: zipfile.ZipFile) -> str:
    return next(name for name in files.namelist() if name.endswith("/metadata.json"))


def test_a_policy_of_ones_own_code_takes_trust_and_is_never_certified(
    trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    class Own(nn.Module):
        def __init__(self, policy: MotionPolicy) -> None:
            super().__init__()
            self.policy = policy
            self.time_scale: Tensor
            self.register_buffer("time_scale", policy.time_scale.clone())

        def forward(self, x: Tensor) -> Tensor:
            return self.policy(x)

        @torch.jit.export
        def encode(self, x: Tensor) -> Tensor:
            return self.policy.encode(x)

        @torch.jit.export
        def decode(self, z: Tensor) -> Tensor:
            return self.policy.decode(z)

        @torch.jit.export
        def latent_velocity(self, z: Tensor) -> Tensor:
            return self.policy.latent_velocity(z)

        @torch.jit.export
        def set_goal(self, goal: Tensor) -> None:
            self.policy.set_goal(goal)

        @torch.jit.export
        def get_goal(self) -> Tensor:
            return self.policy.get_goal()

    policy = trained(2, "elcd")
    path = forge(Own(copy.deepcopy(policy)))
    error = refusal(path)
    assert "its code is not run" in str(error)
    assert "trust_code=True" in error.advice
    loaded = load(path, trust_code=True)
    x = np.array([[10.0, 20.0], [3.0, -4.0]])
    np.testing.assert_allclose(loaded.velocity(x), policy.velocity(x), rtol=1e-5)
    assert loaded.rebuilt is None
    assert "its own code is run" in certificate_fault(loaded)
    assert certify(loaded).reasons == [
        "its own code is run (trust_code), of which nothing is known"
    ]


# Numbers.


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("couplings.layers.0.hidden", 0.01),
        ("couplings.last", 0.5),
        ("law.entries", 1e-3),
        ("latent_state", 0.1),
        ("goal", 600.0),
        ("latent_goal", 0.1),
        ("time_scale", 1.0),
    ],
)
def test_what_follows_from_weights_and_facts_is_named_if_it_does_not(
    name: str, change: float, trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    policy = served(trained(2, "elcd"))
    policy.state_dict()[name].add_(change)
    assert f"'{name}'" in str(refusal(forge(policy)))


def test_other_settings_of_a_part_are_named(
    trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    policy = served(trained(2, "elcd"))
    policy.flow.flows[1].flip = not policy.flow.flows[1].flip
    assert "another description" in refusal(forge(policy)).got


def test_a_tensor_that_is_larger_than_its_record_is_refused(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.pt"
    with zipfile.ZipFile(sound) as files, zipfile.ZipFile(path, "w") as target:
        for info in files.infolist():
            content = files.read(info)
            large = info.filename.endswith("/data/13")
            target.writestr(info.filename, content[: len(content) // 2] if large else content)
    assert "bytes in a record of" in refusal(path).got


def test_a_second_entry_of_the_same_name_is_refused(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.pt"
    path.write_bytes(sound.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with zipfile.ZipFile(path, "a") as files:
            name = next(n for n in files.namelist() if n.endswith("data/0"))
            files.writestr(name, files.read(name))
    assert "two files of one name" in refusal(path).got


# Facts: nobody can derive them, the digest binds them.

FACTS: dict[str, Callable[[Facts], Any]] = {
    "workspace": lambda v: v.update(workspace=[[-5000.0, -5000.0], [5000.0, 5000.0]]),
    "starts": lambda v: v.update(starts=[[9000.0, 0.0]]),
    "units": lambda v: v.update(units="m"),
    "source": lambda v: v.update(source="somebody else"),
    "frame": lambda v: v.update(frame="base"),
    "duration": lambda v: v.update(duration=25.0),
    "guarantee": lambda v: v["guarantee"].update(rate=16.0),
    "goal": lambda v: v.update(goal=[605.0, 6.0]),
    "placement": lambda v: v.update(placement={"origin": [1.0, 0.0, 0.0]}),
    "orientation": lambda v: v.update(orientation={"reference": [0.0, 0.0, 0.0, 1.0]}),
    "certificate": lambda v: v["certificate"].update(rate=16.0),
    "code_version": lambda v: v.update(code_version=7),
    "digest": lambda v: v.pop("digest"),
}


@pytest.mark.parametrize("name", FACTS)
def test_an_edited_fact_is_named(name: str, forge: Callable[..., Path]) -> None:
    error = refusal(forge(facts=FACTS[name], careful=False))
    assert "was changed after it was written" in str(error)
    assert error.got == f"another {name}"


@pytest.mark.parametrize("name", ["duration", "goal"])
def test_what_can_be_derived_is_not_saved_by_a_new_digest(
    name: str, forge: Callable[..., Path]
) -> None:
    assert "from facts and weights follows" in str(refusal(forge(facts=FACTS[name])))


# Certificates.


def hand_typed(values: Facts) -> None:
    values["certificate"] = {"verdict": "certified", "weights_hash": values["weights_hash"]}


def larger_claim(values: Facts) -> None:
    values["guarantee"]["rate"] *= 10
    values["certificate"]["rate"] *= 10
    values["certificate"]["rate_times_duration"] *= 10


def other_kind(values: Facts) -> None:
    for part in (values["guarantee"], values["certificate"]):
        part["kind"] = "contraction of every pair"


def other_row(values: Facts) -> None:
    values["certificate"]["rate"] *= 10


def failed_check(values: Facts) -> None:
    values["certificate"]["checks"][0]["value"] = 1.0


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (hand_typed, "its stored certificate has no reasons, field, flow"),
        (larger_claim, "it claims 40 e-foldings per demonstrated duration, its field has 4"),
        (other_kind, "it claims contraction of every pair, its field has equilibrium contraction"),
        (other_row, "its stored certificate says rate 16.0, its parts give 1.6"),
        (failed_check, "its stored certificate failed: (z-z*).f(z)"),
    ],
)
def test_a_certificate_is_not_believed_by_itself(
    edit: Callable[[Facts], None], fault: str, forge: Callable[..., Path]
) -> None:
    assert fault in certificate_fault(load(forge(facts=edit)))


def test_a_sound_file_is_none_of_these(sound: Path, forge: Callable[..., Path]) -> None:
    for path in (sound, forge()):
        loaded = load(path)
        assert (certificate_fault(loaded), loaded.code_note) == ("", "")
        assert certify(path).to_dict() == loaded.metadata.certificate


# Other torch, other kinds of files.


def test_code_of_another_torch_is_not_compared_and_not_run(
    trained: Callable[..., MotionPolicy], forge: Callable[..., Path]
) -> None:
    module = named_as(served(trained(2, "elcd")), OneRowReversal, ServedPolicy)
    path = forge(module, lambda values: values["versions"].update(torch="2.4.0"))
    loaded = load(path)
    assert loaded.code_note.startswith("not compared: torch 2.4.0 wrote it, here is ")
    x = np.array([10.0, 20.0])
    expected = serve_policy(trained(2, "elcd"), loaded.metadata).velocity(x)
    np.testing.assert_array_equal(loaded.velocity(x), expected)


class Biased(SkillClassifier):
    """One that names the first skill whatever it sees."""

    @torch.jit.export
    def step(
        self, position: Tensor, dt: Tensor, memory: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
        scores = torch.zeros(position.size(0), self.skills)
        scores[:, 1:] = -10.0
        return scores, memory


def test_a_skill_file_of_other_code_is_refused(tmp_path: Path) -> None:
    model = SkillClassifier(2, 3, hidden_size=4)
    facts = SkillMetadata(("a", "b", "c"), 2, 10.0, ("x", "y", "z"), 0, {})
    path = save_skills(model, facts, tmp_path / "skills.pt")
    assert load_skills_file(path).metadata.labels == ("a", "b", "c")
    save_skills(named_as(model, Biased, SkillClassifier), facts, path)
    with pytest.raises(SkillFileError, match="in class SkillClassifier"):
        load_skills_file(path)


@pytest.mark.parametrize("content", [b"", b"t,x,y\n0,1,2\n", b"\x08\x08", b"PK\x03\x04"])
def test_certifying_what_is_no_policy_file_is_bad_input(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "policy.pt"
    path.write_bytes(content)
    with pytest.raises(ElcdError):
        certify(path)
    assert main(["certify", str(path)]) == 2


def test_a_pickle_that_calls_something_is_refused(sound: Path, tmp_path: Path) -> None:
    import pickle

    class Calling:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return print, ("run",)

    path, content = tmp_path / "calling.pt", io.BytesIO()
    pickle.Pickler(content, protocol=2).dump(Calling())
    with zipfile.ZipFile(sound) as files, zipfile.ZipFile(path, "w") as target:
        for info in files.infolist():
            called = info.filename.endswith("/data.pkl")
            target.writestr(info.filename, content.getvalue() if called else files.read(info))
    assert "a pickle that calls" in refusal(path).got
