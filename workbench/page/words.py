"""The words of the motion alphabet as small moving pictures with a sentence each, and the most probable of them as bars."""

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from workbench.data.alphabet.motions import ALPHABET, MotionClass
from workbench.data.alphabet.open_set import ELSE, UNCLEAR
from workbench.draw.html import render
from workbench.explore.explorer import Exploration

SENTENCES = {
    "still": "Nothing moves.",
    "left": "A shape goes left.",
    "right": "A shape goes right.",
    "up": "A shape goes up.",
    "down": "A shape goes down.",
    "closer": "One shape, or all of the scene, grows, as if it came towards you.",
    "farther": "One shape, or all of the scene, shrinks, as if it went away from you.",
    "clockwise": "One shape, or all of the scene, turns as the hands of a clock do.",
    "counter-clockwise": "One shape, or all of the scene, turns the opposite way to the hands of a clock.",
    "shake sideways": "One shape, or all of the scene, goes left and right in quick turns.",
    "shake up and down": "One shape, or all of the scene, goes up and down in quick turns.",
    "approach": "Two shapes come towards each other.",
    "separate": "Two shapes go away from each other.",
    "camera left": "The camera turns left, so that all of the scene goes right.",
    "camera right": "The camera turns right, so that all of the scene goes left.",
    "camera up": "The camera turns up, so that all of the scene goes down.",
    "camera down": "The camera turns down, so that all of the scene goes up.",
    "orbit": "A shape circles around a point without turning.",
    UNCLEAR: "There is nothing to follow: one flat colour, a soft gradient, noise or fading light.",
    ELSE: "Something moves, but in none of these ways.",
}
REACH = 9  # of the 40 units of a picture's side: how far a shape goes to either side
ZOOM = 1.6  # times: the size at the end of what grows, to that in its middle


def predictions_section(exploration: Exploration) -> Markup:
    """The most probable classes as bars, and on demand every class that the network knows."""
    icons = {label: draw_word(motion) for label, motion in motions_of(exploration.labels).items()}
    words = [(label, SENTENCES.get(label, "")) for label in exploration.labels]
    return render("predictions.html", rows=exploration.top(), words=words, icons=icons)


def motions_of(labels: Sequence[str]) -> dict[str, MotionClass]:
    """The motions of the alphabet among labels; none where a network was trained on others, whatever one of them is called."""
    known = {motion.name: motion for motion in ALPHABET}
    return {label: known[label] for label in labels if label in known} if known.keys() <= set(labels) else {}


@cache
def draw_word(motion: MotionClass) -> Markup:
    """A square in which a shape moves as the motion says, in SVG that a style sheet moves."""
    pan = tuple(-REACH * sign for sign in motion.pan)  # the picture moves against the camera
    x, y = (REACH * sign for sign in (motion.drift if any(motion.drift) else motion.shake))
    return render(
        "word.html",
        scene=pan,
        shapes=[(-9, -4 * motion.gap, 0), (9, 4 * motion.gap, 0)] if motion.gap else [(0, x, y)],
        zoom=ZOOM**motion.zoom,
        degrees=180 * motion.turn,
        shakes=any(motion.shake),
        orbits=motion.orbit,
    )
