"""The laws of two frames on the page: their pictures and sentences, or why there are none."""

from bs4 import BeautifulSoup

from workbench.page.two_frames import two_frames_section


def test_both_frames_and_the_arrows_between_them_are_shown(networks, exploration):
    page = BeautifulSoup(two_frames_section(networks, exploration, 10, 40), "html.parser")
    assert [figure["id"] for figure in page.find_all("figure")] == ["two-first", "two-second", "two-arrows", "two-field", "two-sure"]
    sentences = [note.text for note in page.find_all(class_="note")]
    assert "In nasa.mp4 frame 40 lies 1.20 s on from frame 10" in sentences[0]
    assert "msnet-small" in sentences[1]


def test_why_there_is_nothing_is_a_sentence(networks, exploration, tsm_exploration):
    assert "Look at a video first" in two_frames_section(networks, None, 1, 2)
    assert "numbers of two frames" in two_frames_section(networks, exploration, None, 2)
    assert "0 to 324 of nasa.mp4, got 999" in two_frames_section(networks, exploration, 0, 999)
    assert "no motion module" in two_frames_section(networks, tsm_exploration, 0, 9)
