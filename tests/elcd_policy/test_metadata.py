"""Metadata: what a policy file says about itself survives JSON."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from elcd_policy import Placement
from elcd_policy.errors import ParameterError
from elcd_policy.metadata import FORMAT_VERSION, Orientation, PolicyMetadata

FACTS = PolicyMetadata(
    dimension=2,
    units="mm",
    frame="drawing",
    goal=[0.1, -1e-17],
    workspace=([-40.0, -3.5], [0.25, 21.0]),
    duration=3.3333333333333335,
    starts=[[-40.0, 1.0], [-39.0, 2.0]],
    guarantee={"field": "ElcdField", "kind": "equilibrium contraction", "rate": 0.3},
    source="lasa:Sshape",
    seed=7,
    placement=Placement(origin=[0.1, 0.2, 0.3], metres_per_unit=0.003),
    certificate={"rate": 0.29, "boxes": 1024},
    fit={"passed": False, "summary": "3 of 8 demonstrations are not followed"},
    ends="each",
    names=["x", "y"],
    coordinate_units=["mm", "mm"],
    weights_hash="ab12",
    versions={"torch": "2.13.0"},
)


def through_json(facts: PolicyMetadata) -> PolicyMetadata:
    return PolicyMetadata.from_dict(json.loads(json.dumps(facts.to_dict())))


@pytest.mark.parametrize("placement", [FACTS.placement, None])
def test_json_brings_it_back_exactly(placement: Placement | None) -> None:
    facts = replace(FACTS, placement=placement)
    assert through_json(facts) == facts


def test_a_reference_orientation_comes_back_at_norm_1() -> None:
    six = {"dimension": 6, "names": [], "coordinate_units": []}
    facts = replace(FACTS, **six, orientation=Orientation([0, 0, 3, 4], 0.3, 0.25))
    again = through_json(facts)
    assert again == facts
    assert again.orientation == Orientation([0.0, 0.0, 0.6, 0.8], margin=0.3, length=0.25)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reference": [0, 0, 0, 0]}, "not a quaternion"),
        ({"reference": [0, 0, 0, 1], "margin": 4.0}, "margin or length is out of range: got 4.0"),
        ({"reference": [0, 0, 0, 1], "length": 0.0}, "margin or length .* got 0.2 rad, 0.0"),
        ({"reference": [0, 0, 0, 1]}, "an orientation in 2 dimensions"),
    ],
)
def test_an_orientation_that_is_none_is_refused(values: dict, message: str) -> None:
    with pytest.raises((ParameterError, ValueError), match=message):
        PolicyMetadata.from_dict({**FACTS.to_dict(), "orientation": values})


def test_a_guarantee_without_a_number_for_its_rate_is_refused() -> None:
    guarantee = {**FACTS.guarantee, "rate": "fast"}
    with pytest.raises(TypeError, match="the rate of its guarantee is 'fast'"):
        PolicyMetadata.from_dict({**FACTS.to_dict(), "guarantee": guarantee})


def test_it_carries_its_format_version() -> None:
    assert FACTS.to_dict()["format_version"] == FORMAT_VERSION == 2


def test_keys_of_a_later_library_are_left_out() -> None:
    values = {**FACTS.to_dict(), "colour": "blue"}
    assert PolicyMetadata.from_dict(values) == FACTS


@pytest.mark.parametrize(
    "key", [item.name for item in fields(PolicyMetadata) if item.name != "format_version"]
)
def test_a_key_that_is_missing_is_missed_or_takes_its_default(key: str) -> None:
    values = FACTS.to_dict()
    del values[key]
    optional = {
        "placement": None,
        "orientation": None,
        "certificate": None,
        "fit": None,
        "ends": "mean",
        "names": [],
        "coordinate_units": [],
        "weights_hash": "",
        "versions": {},
    }
    if key in optional:
        assert getattr(PolicyMetadata.from_dict(values), key) == optional[key]
    else:
        with pytest.raises((KeyError, TypeError), match=key):
            PolicyMetadata.from_dict(values)


@pytest.mark.parametrize(
    "values", [{"fit": {"passed": "yes", "summary": ""}}, {"fit": {}}, {"fit": 1}, {"ends": "none"}]
)
def test_a_verdict_or_an_end_that_is_none_is_refused(values: dict) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PolicyMetadata.from_dict({**FACTS.to_dict(), **values})


def test_coordinates_keep_names_and_units_and_older_files_have_none() -> None:
    assert through_json(FACTS).names == ["x", "y"]
    older = FACTS.to_dict()
    del older["names"], older["coordinate_units"]
    facts = PolicyMetadata.from_dict(older)
    assert (facts.names, facts.coordinate_units) == ([], [])


@pytest.mark.parametrize("names", ["xy", ["x"], [1, 2], {"x": 1}])
def test_names_that_do_not_fit_the_coordinates_are_refused(names: object) -> None:
    with pytest.raises((TypeError, ValueError), match="names"):
        PolicyMetadata.from_dict(FACTS.to_dict() | {"names": names})
