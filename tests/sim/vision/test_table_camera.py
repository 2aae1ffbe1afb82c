"""The simulated camera sees things where they are."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy_sim import load_robot
from elcd_policy_sim.vision.table_camera import CAMERA, TableCamera
from elcd_policy_sim.vision.table_scene import LOWER, PLANE, UPPER, TableScene, Thing, red_box
from elcd_policy_sim.vision.training_images import render_training_images


@pytest.fixture(scope="module")
def view(engine: str):
    with TableCamera(load_robot("panda"), engine=engine) as camera:
        yield camera


def red(picture: np.ndarray) -> np.ndarray:
    """Return where a picture is clearly red [H, W]."""
    r, g, b = np.moveaxis(picture.astype(int), -1, 0)
    return (r > 1.7 * g) & (r > 1.7 * b)


@pytest.mark.parametrize("place", [(0.5, 0.0), LOWER, UPPER, (0.4, 0.25), (0.65, -0.28)])
def test_the_box_is_seen_where_it_stands(view: TableCamera, place: tuple[float, float]) -> None:
    view.show(TableScene(box=red_box(place, yaw=np.pi / 4)))
    picture, truth = view.render_with_truth()
    np.testing.assert_allclose(truth, [*place, PLANE])
    v, u = np.nonzero(red(picture))
    middle = np.array([u.mean(), v.mean()]) + 0.5
    # The outline's middle is not quite the centre's image.
    assert np.abs(middle - CAMERA.project(truth)).max() < 0.4  # pixels


def test_the_box_can_be_moved_and_taken_away(view: TableCamera) -> None:
    view.show(TableScene(box=red_box((0.5, 0.2))))
    view.move_box((0.5, -0.2))
    columns = np.nonzero(red(view.picture()))[1]
    assert 0 < columns.max() < CAMERA.width / 2
    view.show(TableScene())
    picture, truth = view.render_with_truth()
    assert not red(picture).any()
    assert np.isnan(truth).all()


def test_a_hidden_box_counts_as_not_seen(view: TableCamera) -> None:
    before = Thing("box", (0.02, 0.2, 0.25), (0.2, 0.4, 0.9), (0.56, 0.0))
    view.show(TableScene(box=red_box((0.5, 0.0)), things=(before,)))
    assert np.isnan(view.render_with_truth()[1]).all()


def test_the_arm_is_in_the_picture_where_its_joints_are(view: TableCamera) -> None:
    view.show(TableScene())
    home = load_robot("panda").home
    turned = home + np.array([0.8, 0.6, 0, 0, 0, 0, 0])
    there, elsewhere = view.picture(home), view.picture(turned)
    changed = np.abs(there.astype(int) - elsewhere).max(axis=-1) > 20
    assert 0.01 < changed.mean() < 0.3
    np.testing.assert_array_equal(view.picture(home), there)


def test_pictures_to_learn_from_are_seeded(engine: str) -> None:
    robot = load_robot("panda")
    images, places = render_training_images(robot, 8, 5, absent=0.5, progress=False, engine=engine)
    again, same = render_training_images(robot, 8, 5, absent=0.5, progress=False, engine=engine)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(places, same)
    assert images.shape == (8, CAMERA.height, CAMERA.width, 3)
    assert 0 < np.isnan(places[:, 0]).sum() < 8
    other, _ = render_training_images(robot, 8, 6, progress=False, engine=engine)
    assert (images != other).any()
