"""The tab Teach: motions of a visitor's own, their takes, and the networks that are taught from them for this visit alone."""

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr
import numpy as np
import torch
from gradio.events import Dependency
from markupsafe import Markup

from workbench.draw.evaluation import draw_confusion, draw_curves
from workbench.draw.html import note, plate, plates, render
from workbench.evaluation.scores import Scores
from workbench.model.load import TRAINED
from workbench.page.controls import Inputs, Updates, Values
from workbench.page.download import watch
from workbench.page.networks import USER_ERRORS
from workbench.page.tab import ADDING, QUICK, TEACHING, EventOptions, Tab, errors_as_html, read_front_file
from workbench.text import percent
from workbench.training.fit import FitRecord
from workbench.training.head import fit_head
from workbench.training.takes import MOST_MOTIONS, MOST_SECONDS, MOST_TAKES, TakeSet
from workbench.training.teach import (
    RECIPE,
    YOU_HERE,
    FrozenNetwork,
    HeldOutComparison,
    Lesson,
    TakeFeatures,
    compare_on_held_out,
    describe_accuracy,
    describe_stills,
    doctor_sentence,
    fine_tune,
    save_lesson,
    teach,
)
from workbench.video.decoder.kinds import VIDEO_SUFFIXES

HEAD, TUNED = "my motions (head)", "my motions (fine-tuned)"
MOST_KEPT_NETWORKS = 4  # of a visit
ABOUT_TEACHING = f"""
Name two to {MOST_MOTIONS} motions, record or drop ten clips of each, and teach them. A clip is a *take*: one motion, from its beginning to
its end, about two seconds, at most {MOST_SECONDS:g}; up to {MOST_TAKES} of a motion. Vary what does not matter, and in every motion alike:
distance, place, clothes, light. A motion *nothing of this* makes a network that can say so. Takes stay in
this visit, and go with it; the files that they were made of go after an hour, as all that is uploaded here.
"""
EDITING: EventOptions = {**ADDING, "show_progress": "hidden", "trigger_mode": "multiple"}  # one change after the other: none is lost
Epochs = tuple[FitRecord, ...]
TRAINING_ERRORS = (*USER_ERRORS, FloatingPointError)


@dataclass(frozen=True)
class TaughtNetwork:
    """A network of this visit: the name by which the page knows it, and its file."""

    name: str
    path: Path


class TeachTab(Tab):
    title = "Teach"

    def lay_out(self) -> None:
        self.frozen: list[FrozenNetwork] = []  # loaded when the first take comes
        self.takes = gr.State(delete_callback=self.free)
        self.features, self.head, self.tuned = gr.State({}), gr.State(), gr.State()
        gr.Markdown(ABOUT_TEACHING, elem_id="about-teaching")
        with gr.Row(elem_id="motion-names"):
            self.motion_name = gr.Textbox(
                label="Name of a motion", info="What is seen, such as waving.", elem_id="motion-name", max_length=60, scale=3
            )
            self.add = gr.Button("Add this motion", elem_id="add-motion", scale=1, min_width=140)
        self.motion = gr.Radio([], label="Takes are of", info="The motion that you record or drop.", elem_id="motion", visible=False)
        with gr.Row(elem_id="take-sources"):
            self.recorder = gr.HTML(render("recorder.html"), elem_id="recorder", js_on_load=read_front_file("recorder.js"))
            self.clips = gr.File(
                label="Drop clips, or choose them", file_count="multiple", file_types=[".zip", *VIDEO_SUFFIXES, "video"], elem_id="clips",
                height=180, min_width=280,
            )  # fmt: skip
        self.message = gr.HTML(elem_id="take-message")
        self.cards = gr.HTML(cards_section(None), elem_id="takes", js_on_load=read_front_file("takes.js"))
        with gr.Row():
            self.teach = gr.Button("Teach", variant="primary", elem_id="teach")
            self.tune = gr.Button("Fine-tune the network", elem_id="tune", interactive=False)
            self.stop = gr.Button("Stop", elem_id="stop-tuning", visible=False)
        self.answer, self.doctor, self.progress = (gr.HTML(elem_id=name) for name in ("lesson-learned", "doctor", "tuning"))
        with gr.Row():
            info = "For this visit; the page looks with it from then on."
            self.which = gr.Radio([], label="Network", info=info, elem_id="taught", visible=False, scale=2)
            self.use = gr.Button("Use it", elem_id="use-taught", visible=False, scale=1)
        self.files = gr.Files(
            label="Take it away: checkpoints, and the takes as a data set", interactive=False, elem_id="taught-files", visible=False
        )
        self.connect_takes()

    def connect_takes(self) -> None:
        naming: Inputs = {self.takes, self.motion_name}
        named = [self.takes, self.motion_name, self.motion, self.cards, self.message]
        for event in (self.add.click, self.motion_name.submit):
            event(self.add_motion, naming, named, **EDITING)
        shown = [self.takes, self.features, self.cards, self.message]
        adding: Inputs = {self.takes, self.features, self.motion, self.clips}
        added = self.clips.upload(self.add_takes, adding, [*shown, self.clips], **ADDING)
        added.then(lambda: None, None, self.clips, **QUICK)
        self.cards.drop_take(self.drop_take, {self.takes, self.features}, shown, **EDITING)
        self.cards.drop_motion(self.drop_motion, {self.takes, self.features, self.motion}, [*shown, self.motion], **EDITING)
        taught = [self.head, self.answer, self.message, self.tune, self.which, self.use, self.files]
        inputs: Inputs = {self.takes, self.features, self.head, self.tuned}
        examined: Inputs = {self.takes, self.head}
        answered = self.teach.click(self.teach_head, inputs, taught, **{**ADDING, "trigger_mode": "once"})
        answered.then(self.ask_doctor, examined, self.doctor, **ADDING)

        buttons, begun = [self.tune, self.stop], note("It begins as soon as nobody else's is under way.")
        clicked = self.tune.click(lambda: (*switch(True), begun), None, [*buttons, self.progress], **{**QUICK, "trigger_mode": "once"})
        tuning = clicked.then(self.tune_network, inputs, [self.tuned, self.progress, self.which, self.use, self.files], **TEACHING)
        tuning.then(lambda: switch(False), None, buttons, **QUICK)  # also after an error
        stopped = note("Stopped. The head is still there.")
        # In two steps: how far it was may still be on its way when it is told to stop.
        ended = self.stop.click(lambda: switch(False), None, buttons, cancels=[tuning], **QUICK)
        ended.then(lambda: stopped, None, self.progress, **QUICK)

    def use_in(self, checkpoint: gr.Dropdown) -> Callable[..., Dependency]:
        """After this the page's network is the one that was taught; it stands in the list of this visit alone."""
        inputs: Inputs = {self.which, self.head, self.tuned}
        return self.use.click(self.choose, inputs, checkpoint, **QUICK).then

    def choose(self, values: Values) -> gr.Dropdown:
        mine = [(title, network.name) for title, network in self.networks_of(values).items()]
        return gr.Dropdown([*((name, name) for name in self.networks.checkpoints()), *mine], value=dict(mine).get(values[self.which]))

    def networks_of(self, values: Values) -> dict[str, TaughtNetwork]:
        return {title: values[state] for title, state in ((HEAD, self.head), (TUNED, self.tuned)) if values[state]}

    def free(self, takes: TakeSet | None) -> None:
        """What was taught in a visit goes with it."""
        if takes:
            self.networks.remove_private(takes.folder.parent)
            shutil.rmtree(takes.folder.parent, ignore_errors=True)

    # motions and takes

    def add_motion(self, values: Values) -> Updates:
        try:
            takes = (values[self.takes] or new_takes()).add_motion(values[self.motion_name])
        except USER_ERRORS as error:
            return {self.message: note(str(error), "refused")}
        motion = gr.Radio(list(takes.motions), value=takes.motions[-1], visible=True)
        return {self.takes: takes, self.motion_name: "", self.motion: motion, self.cards: cards_section(takes), self.message: ""}

    def add_takes(self, values: Values) -> Updates:
        """Those that are takes; of the first other one it is said why it is none."""
        takes, features, refused = values[self.takes], dict(values[self.features]), []
        if not takes or not values[self.motion]:
            return {self.message: note("Name a motion first, then give its takes.", "refused")}
        for clip in values[self.clips] or []:
            try:
                more = takes.add_take(values[self.motion], clip, self.networks.limits)
                features[more.takes[-1].name] = self.network().features(more.takes[-1])
                takes = more
            except USER_ERRORS as error:
                refused.append(str(error))
        more_refused = f" {len(refused) - 1} more were refused, too." if refused[1:] else ""
        message = note(refused[0] + more_refused, "refused") if refused else ""
        return {self.takes: takes, self.features: features, self.cards: cards_section(takes), self.message: message}

    def network(self) -> FrozenNetwork:
        if not self.frozen:
            self.frozen.append(FrozenNetwork.load())
            fit_head(torch.zeros(2, 1), np.arange(2), 2)  # torch prepares its solver for seconds: now, not when it is to answer
        return self.frozen[0]

    def drop_take(self, event: gr.EventData, values: Values) -> Updates:
        takes = values[self.takes].drop_take(event.name)
        return self.show_takes(takes, values)

    def drop_motion(self, event: gr.EventData, values: Values) -> Updates:
        takes = values[self.takes].remove_motion(event.name)
        chosen = values[self.motion] if values[self.motion] in takes.motions else next(iter(takes.motions), None)
        motion = gr.Radio(list(takes.motions), value=chosen, visible=bool(takes.motions))
        return self.show_takes(takes, values) | {self.motion: motion}

    def show_takes(self, takes: TakeSet, values: Values) -> Updates:
        """Those that are left, and their features."""
        names = {take.name for take in takes.takes}
        features = {name: features for name, features in values[self.features].items() if name in names}
        return {self.takes: takes, self.features: features, self.cards: cards_section(takes), self.message: ""}

    # teaching

    def teach_head(self, values: Values) -> Updates:
        takes, features = values[self.takes], values[self.features]
        try:
            lesson = teach(takes or TakeSet(Path()), features)
            path = new_place(takes.folder.parent, "head")
            save_lesson(path, self.network(), lesson)
            answer = head_section(lesson)
        except USER_ERRORS as error:
            return {self.message: note(str(error), "refused")}
        head = TaughtNetwork(self.networks.add_private(HEAD, path), path)
        updates = {} if values[self.head] else {self.tune: gr.Button(interactive=True)}  # later it may be busy
        updates |= {self.head: head, self.answer: answer, self.message: ""}
        return updates | self.offer_networks(takes, self.networks_of({**values, self.head: head}), HEAD)

    def ask_doctor(self, values: Values) -> str:
        """It opens every file, so that it comes after the answer."""
        return doctor_section(values[self.takes]) if values[self.head] else ""

    def offer_networks(self, takes: TakeSet, networks: dict[str, TaughtNetwork], chosen: str) -> Updates:
        files = [str(network.path) for network in networks.values()] + [str(zip_takes(takes))]
        which = gr.Radio(list(networks), value=chosen, visible=True)
        return {self.which: which, self.use: gr.Button(visible=True), self.files: gr.Files(files, visible=True)}

    def tune_network(self, values: Values) -> Iterator[Updates]:
        """How far it is, and at the end the network beside the head. A visitor who stops it, or leaves, ends it."""
        takes, features, began, count = values[self.takes] or TakeSet(Path()), values[self.features], time.monotonic(), -1

        def work(tell: Callable[[Epochs], None]) -> HeldOutComparison:
            return train_on_takes(takes, features, path, tell)

        try:
            takes.check()
            path = new_place(takes.folder.parent, "tuned")
            for news in watch(work, Epochs(), "teaching"):
                if isinstance(news, HeldOutComparison):
                    tuned = TaughtNetwork(self.networks.add_private(TUNED, path), path)
                    offer = self.offer_networks(takes, self.networks_of({**values, self.tuned: tuned}), TUNED)
                    yield {self.tuned: tuned, self.progress: fine_tuned_section(news)} | offer
                elif len(news) > count:
                    count = len(news)
                    yield {self.progress: progress_section(news, time.monotonic() - began)}
                else:
                    yield {self.progress: gr.skip()}
        except TRAINING_ERRORS as error:
            yield {self.progress: note(str(error), "refused")}


def switch(busy: bool) -> tuple[gr.Button, gr.Button]:
    """The buttons that begin and stop fine-tuning."""
    return gr.Button("Fine-tuning …" if busy else "Fine-tune the network", interactive=not busy), gr.Button(visible=busy)


def new_takes() -> TakeSet:
    """In a new folder of this visit, in the one that the page claimed (`hosting/temp_folder.py`)."""
    return TakeSet(Path(tempfile.mkdtemp(prefix="teach-", dir=os.environ.get("GRADIO_TEMP_DIR") or None), "motions"))


def new_place(folder: Path, kind: str) -> Path:
    """Where the next network of a kind is written; of a visit's networks of that kind the oldest make room for it."""
    numbers = sorted(int(path.name.rpartition(" ")[2]) for path in folder.glob(f"{kind} *"))
    for number in numbers[: 1 - MOST_KEPT_NETWORKS]:
        shutil.rmtree(folder / f"{kind} {number}", ignore_errors=True)
    place = folder / f"{kind} {max(numbers, default=0) + 1}"
    place.mkdir()
    return place / f"my_motions_{kind}.safetensors"


def zip_takes(takes: TakeSet) -> Path:
    """The takes as a data set, in a folder for each motion."""
    path = takes.folder.parent / "my_motions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for take in takes.takes:
            if take.path.is_file():  # it may have been dropped meanwhile
                archive.write(take.path, f"my_motions/{take.name}")
    return path


def train_on_takes(takes: TakeSet, features: dict[str, TakeFeatures], path: Path, tell: Callable[[Epochs], None]) -> HeldOutComparison:
    """Fine-tune a network on the takes as they are now, whatever is dropped meanwhile. path: of the checkpoint.

    tell: is given the records of the epochs so far, and ends the training where it raises; then nothing is left of it.
    """
    motions, run = path.parent / "motions", path.parent / "run"
    try:
        fixed, records = copy_takes(takes, motions), ()
        tell(records)
        for record in fine_tune(fixed, run):
            records = (*records, record)
            tell(records)
        comparison = compare_on_held_out(fixed, features, run)
        (run / TRAINED).rename(path)
        return comparison
    except BaseException:  # the place is that of another network then
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    finally:
        for folder in (motions, run):
            shutil.rmtree(folder, ignore_errors=True)


def copy_takes(takes: TakeSet, folder: Path) -> TakeSet:
    """The same takes in another folder, and no other file."""
    copies = tuple(replace(take, path=folder / take.name) for take in takes.takes)
    for take, copy in zip(takes.takes, copies, strict=True):
        copy.path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(take.path, copy.path)
    return replace(takes, folder=folder, takes=copies)


# ------------------------------------------------------------------------------------------------------------------- what is shown


def cards_section(takes: TakeSet | None) -> Markup:
    """Each motion with the pictures of its takes."""
    motions = [(motion, takes.of(motion)) for motion in takes.motions] if takes else []
    return render("takes.html", motions=motions)


def head_section(lesson: Lesson) -> Markup:
    """How good the head is on held-out takes, what first frames give away, and for whom that holds."""
    notes = [
        note(f"Taught: {describe_accuracy(lesson.held_out.top(1), lesson.chance)}", "good"),
        note(describe_stills(lesson), "bad" if lesson.stills_suffice else ""),
        note(YOU_HERE),
    ]
    about = "each take answered by a head that was taught without it"
    return render("lesson_learned.html", notes=notes, chart=confusion_plate("head-confusion", "Held-out takes", about, lesson.held_out))


@errors_as_html
def doctor_section(takes: TakeSet) -> str:
    return note(f"The doctor on these takes: {doctor_sentence(takes)}")


def confusion_plate(name: str, title: str, about: str, scores: Scores) -> Markup:
    evaluation = scores.evaluation()
    return plate(name, title, about, draw_confusion(evaluation.confusion, evaluation.labels), describe_confusion(scores))


def describe_confusion(scores: Scores) -> str:
    """Of each motion how many takes were right, and what it was mostly taken for."""
    rows = scores.evaluation().per_class()
    wrong = {row["label"]: f", mostly taken for {row['mistaken_for']}" if row["mistaken_for"] else "" for row in rows}
    return "; ".join(f"{row['label']}: {percent(float(row['accuracy']))} right{wrong[row['label']]}" for row in rows)


def progress_section(records: Epochs, seconds: float) -> Markup:
    """A bar, how long it will take, and the curves so far."""
    done, epochs = len(records), RECIPE.run().epochs
    left = f"about {seconds / done * (epochs - done):.0f} s left" if done else "the takes are examined"
    curves = [curves_plate(records)] if done > 1 else []
    return render("tuning.html", done=done, epochs=epochs, sentence=f"Epoch {done} of {epochs}, {left}.", curves=plates(curves, 2))


def curves_plate(records: Epochs) -> Markup:
    last = records[-1]
    alt = f"After {last.epoch} epochs: loss {last.loss:.2f}, accuracy in training {percent(last.accuracy)}"
    return plate("tuning-curves", "Fine-tuning", "by epoch", draw_curves(records), alt)


def fine_tuned_section(comparison: HeldOutComparison) -> Markup:
    """The fine-tuned network and the head on the takes that neither was taught with."""
    tuned, head = comparison.tuned.top(1), comparison.head.top(1)
    sentence = (
        f"Fine-tuned: {describe_accuracy(tuned, comparison.chance)} A head that was taught without the same takes is right in "
        f"{percent(head.accuracy)} of them."
    )
    about = "one in five, which fine-tuning did not learn from"
    chart = confusion_plate("tuned-confusion", "Fine-tuned, held-out takes", about, comparison.tuned)
    return render("lesson_learned.html", notes=[note(sentence, "good"), note(YOU_HERE)], chart=chart)
