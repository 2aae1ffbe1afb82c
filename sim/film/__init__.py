"""Films of episodes, rendered after the run, as GIF or MP4."""

from .campaign_film import film_worst_episode
from .episode_film import render_video
from .film_file import check_film, write_film
from .obstacle_bodies import make_obstacle_bodies
from .sight_film import render_sight

__all__ = [
    "check_film",
    "film_worst_episode",
    "make_obstacle_bodies",
    "render_sight",
    "render_video",
    "write_film",
]
