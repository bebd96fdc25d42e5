"""Which classes turn into each other."""

import pytest

import workbench as wb
from workbench.data import class_symmetry as partners
from workbench.data.alphabet.motions import ALPHABET, mirror_motion, reverse_motion
from workbench.data.class_symmetry import mirror_partners, reversal_partners

ALPHABET_LABELS = wb.MotionAlphabet.labels
OTHERS = (
    "Pulling something from left to right", "Pulling something from right to left", "Opening something", "Closing something",
    "Pushing something from left to right", "Pushing something from right to left", "Holding something", "Moving something up",
    "Turn_Clockwise", "turn anti-clockwise", "Pouring something into something", "Pouring something out of something",
    "Approaching something with your camera", "Moving away from something with your camera", "Moving something left",
    "Pretending to open something without actually opening it", "Pretending to close something without actually closing it",
    "Plugging something into something but pulling it right out as you remove your hand", "class 18",
)  # fmt: skip


def named(labels: tuple[str, ...], numbers: dict[int, int]) -> dict[str, str]:
    return {labels[one]: labels[other] for one, other in numbers.items()}


@pytest.mark.parametrize("find", [mirror_partners, reversal_partners])
@pytest.mark.parametrize("labels", [ALPHABET_LABELS, OTHERS, (*OTHERS, *ALPHABET_LABELS), OTHERS[::-1], OTHERS[:5]])
def test_a_partners_partner_is_the_class_itself(find, labels) -> None:
    numbers = find(labels)
    assert all(numbers[other] == one for one, other in numbers.items())
    assert set(numbers) <= set(range(len(labels)))


def test_letters_have_the_partners_that_the_alphabet_derives() -> None:
    """Every letter has one, also where it is the letter itself, in whatever order the labels stand."""
    for labels in (ALPHABET_LABELS, ALPHABET_LABELS[::-1]):
        assert named(labels, mirror_partners(labels)) == {letter.name: mirror_motion(letter).name for letter in ALPHABET}
        assert named(labels, reversal_partners(labels)) == {letter.name: reverse_motion(letter).name for letter in ALPHABET}


@pytest.mark.parametrize("find", [mirror_partners, reversal_partners])
def test_words_agree_with_the_alphabet(find, monkeypatch) -> None:
    """Where the words of a letter's name alone tell a partner, it is the one that its signs tell."""
    derived = find(ALPHABET_LABELS)
    monkeypatch.setattr(partners, "MOTIONS_BY_NAME", {})
    spoken = find(ALPHABET_LABELS)
    assert spoken.items() <= derived.items()
    assert {"left", "clockwise", "camera right"} <= {ALPHABET_LABELS[number] for number in spoken}


def test_mirroring_exchanges_sides_and_nothing_else() -> None:
    """By words, however they are joined or spelt; a name that says nothing of sides, and "right out", have no partner."""
    assert named(OTHERS, mirror_partners(OTHERS)) == {
        "Pulling something from left to right": "Pulling something from right to left",
        "Pulling something from right to left": "Pulling something from left to right",
        "Pushing something from left to right": "Pushing something from right to left",
        "Pushing something from right to left": "Pushing something from left to right",
        "Turn_Clockwise": "turn anti-clockwise",
        "turn anti-clockwise": "Turn_Clockwise",
    }


def test_reversal_exchanges_deeds_with_their_undoing() -> None:
    """Who pulls to the right pushes to the left when played backwards; what is pretended or poured has no partner."""
    found = named(OTHERS, reversal_partners(OTHERS))
    assert found["Pulling something from left to right"] == "Pushing something from right to left"
    assert found["Opening something"] == "Closing something"
    assert found["Approaching something with your camera"] == "Moving away from something with your camera"
    assert found["Turn_Clockwise"] == "turn anti-clockwise"
    assert not [name for name in found if name.startswith(("Pretending", "Pouring", "Holding", "Plugging"))]


def test_a_partner_must_be_among_the_labels_and_only_once() -> None:
    """A name without its counterpart has none, and neither has one with two that mean the same."""
    assert mirror_partners(("move left", "wave")) == {} == reversal_partners(())
    assert mirror_partners(("move left", "move right", "Move-Right")) == {}
