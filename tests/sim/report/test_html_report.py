"""A report is one file that needs nothing else, with every figure in it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim.campaigns.campaign_result import CampaignResult, EnvelopeCheck, EpisodeResult
from elcd_policy_sim.campaigns.comparison import comparison_table
from elcd_policy_sim.report.html_report import write_report

VOID = {"meta", "img", "br"}
CORRIDOR = [[[0.5, 0.01 * k, 0.3 + 0.002 * k] for k in range(12)] for _ in range(2)]


def episode(index: int, recovered: bool = True, scale: float = 1.0) -> EpisodeResult:
    return EpisodeResult(
        index=index,
        disturbances=["push time=1 force=1,2,<3> duration=0.2"],
        end_of_disturbance_s=1.2,
        recovered=recovered,
        left_corridor=True,
        peak_deviation_mm=scale * (10.0 + index),
        return_time_s=0.5 + 0.1 * index if recovered else None,
        end_error_mm=0.25,
        joint_velocity=0.8,
        joint_torque=40.0,
        velocity_share=0.4,
        torque_share=0.5,
        tracking_error_mm_s=3.0,
        envelope=None,
        path_time_s=[0.1 * k for k in range(12)],
        path_m=(np.array(CORRIDOR[0]) + 0.001 * index).tolist(),
    )


def campaign(method: str = "ElcdField", recovered: bool = True) -> CampaignResult:
    return CampaignResult(
        method=method,
        source="lasa:Sshape",
        robot="panda",
        seed=3,
        settings={"rate": 100.0, "disturbances": ["push & <more>"]},
        corridor_mm=9.5,
        corridor=CORRIDOR,
        goal=[0.5, 0.11, 0.322],
        goal_tolerance_mm=5.0,
        episodes=[episode(k, recovered, 1.0 if recovered else 3.0) for k in range(4)],
        versions={"elcd_policy": "0.1.0", "pybullet": "3.2.7"},
        command="elcd simulate a.pt --disturb 'wind force=0,<5>,0'",
    )


class Page(HTMLParser):
    """Tags that open and close as they should, texts, pictures and what lies outside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(values)
        self.links += [str(values[key]) for key in ("src", "href") if key in values]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_it_stands_alone_and_says_all(tmp_path: Path) -> None:
    one = campaign()
    one = replace(one, kinematic=[EnvelopeCheck("kinematic to the goal", 7, 0.5, 1.25, 0.9)])
    content = write_report(tmp_path / "deep" / "report.html", [one]).read_text(encoding="utf-8")
    page = Page(content)
    assert page.open == []
    assert all(link.startswith("data:") for link in page.links)
    assert not re.search(r"https?://(?!www\.w3\.org)", content)
    assert len(page.pictures) == 3
    for picture in page.pictures:
        assert len(str(picture["alt"])) > 20
        kind, coded = str(picture["src"]).split(",")
        assert kind == "data:image/svg+xml;base64"
        assert base64.b64decode(coded).rstrip().endswith(b"</svg>")
    for words in (
        "ElcdField on the panda: lasa:Sshape",
        "elcd simulate a.pt --disturb 'wind force=0,<5>,0'",
        "100 %",
        "11.5 (12.8)",  # peak deviation: 10, 11, 12, 13
        "push & <more>",
        "force=1,2,<3>",
        "kinematic to the goal 7 50.0 % 1.250",
        "pybullet 3.2.7",
        "seed 3",
    ):
        assert words in page.text


def test_methods_stand_side_by_side_and_the_best_is_marked(tmp_path: Path) -> None:
    results = [campaign(), campaign("DMP", recovered=False)]
    content = write_report(tmp_path / "report.html", results, "a command").read_text()
    assert "2 methods on the panda: lasa:Sshape" in Page(content).text
    assert "<pre>a command</pre>" in content
    marked = re.findall(r'class="best">([^<]*?) ?<', content)
    # Of five figures two differ, and the share; where all are equal none is best.
    assert marked == ["100 %", "11.5", "0.65"]
    table = comparison_table(results)
    assert "| DMP | 0 % | 34.5 (38.5) | - | 0.25 (0.25) | 40 (40) |" in table


def test_the_same_results_give_the_same_file(tmp_path: Path) -> None:
    one = write_report(tmp_path / "one.html", [campaign()]).read_bytes()
    two = write_report(tmp_path / "two.html", [campaign()]).read_bytes()
    assert one == two


def test_what_can_not_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"got report\.pdf, expected a \.html file"):
        write_report(tmp_path / "report.pdf", [campaign()])
    with pytest.raises(ParameterError, match="has no results"):
        write_report(tmp_path / "report.html", [])
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="can't be written"):
        write_report(tmp_path / "file" / "report.html", [campaign()])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
