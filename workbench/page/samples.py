"""The sample videos on the page: their pictures to choose from, and what each teaches."""

import gradio as gr
from markupsafe import Markup

from workbench.draw.html import as_data_uri, render
from workbench.page.controls import Span
from workbench.video.read import sample_videos


def samples_section() -> Markup:
    posters = [(sample, as_data_uri("jpeg", sample.poster.read_bytes())) for sample in sample_videos()]
    return render("samples.html", samples=posters)


def lesson_section(video: str | None) -> Markup:
    """What a video teaches that is one of the samples; nothing of another one."""
    sample = next((sample for sample in sample_videos() if str(sample.path) == video), None)
    return render("lesson.html", sample=sample) if sample else Markup()


def choose_sample(event: gr.EventData) -> tuple[str, Span, None, str, Markup, str]:
    """Its file and span, no uploaded files, no timeline yet, what it teaches, and no message about a link."""
    sample = next(sample for sample in sample_videos() if sample.name == event.name)
    return str(sample.path), (sample.start, None), None, "", lesson_section(str(sample.path)), ""
