"""The laws of how studies are shown on the page."""

import re

from workbench.page.studies import StudyRun, run_section, runs_table, study_choices, study_runs, study_section


def test_every_study_can_be_chosen_and_every_run_has_its_button():
    """As many buttons as runs, each saying value, seed and accuracy of its own run."""
    for _, name in study_choices():
        shown, runs = study_section(name), study_runs(name)
        buttons = re.findall(r'data-label="([^"]+)" data-seed="(\d+)"[^>]*>\d+: ([\d.]+) %', shown)
        assert len(buttons) == len(runs) and len(shown.split('class="plate"')) - 1 >= 2
        assert [(int(seed), float(accuracy)) for _, seed, accuracy in buttons] == [(run.seed, round(100 * run.accuracy, 1)) for run in runs]


def test_a_run_whose_notebook_is_elsewhere_says_how_to_make_it():
    name, run = study_choices()[0][1], study_runs(study_choices()[0][1])[0]
    if run.notebook is None:
        assert f"make study NAME={name}" in run_section(name, run.label, run.seed)
    assert "did you mean" in run_section(name, run.label + "x", run.seed) and "Traceback" not in run_section("../etc", "a", 0)


def test_names_are_escaped():
    assert "<script>" not in runs_table([StudyRun("<script>", 0, 0.5, None)])
