"""Reading video: every file ends in its frames or in a sentence, and frame i is the same frame whatever reads it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from numbered_video import number_of, numbered, write_numbered
from patience import PATIENCE_SECONDS
from PIL import Image

from workbench.video import read as video_module
from workbench.video.decoder.containers import Limits
from workbench.video.decoder.decode import merge_stretches
from workbench.video.decoder.frame_index import list_video
from workbench.video.read import VideoError, probe_video, read_video, sample_videos
from workbench.video.worker import BOOT, Worker, cpu_seconds, follow_reading, wait_until_late
from workbench.video.write import write_video

CLIPS = Path(__file__).parents[1] / "clips"
DATA = Path(video_module.__file__).parent

posix = pytest.mark.skipif(os.name != "posix", reason="signals and fork")

# Bytes that turn h264.mp4 into what FFmpeg writes for -display_rotation 90, and for a stream-copied cut from 3.3 s on.
ROTATED = {365449: 0, 365452: 255, 365453: 255, 365461: 1, 365465: 0}
CUT = {365310: 26, 365311: 44, 365430: 26, 365431: 44, 365518: 26, 365519: 44, 365522: 202}


# ----------------------------------------------------------------------------------------------------------- making files
def patched(folder: Path, name: str, changes: dict[int, int]) -> Path:
    content = bytearray((CLIPS / "h264.mp4").read_bytes())
    for number_frames, byte in changes.items():
        content[number_frames] = byte
    (folder / name).write_bytes(content)
    return folder / name


def by_decoding(path: Path, indices: list[int]) -> np.ndarray:
    """The slow way that is right by definition: all that the decoder gives, of which some are taken."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack([frames[i] for i in indices])


# ------------------------------------------------------------------------------------------------------- the right frames
def test_reference_frames_of_the_first_stream():
    """Frames 0 and 35 of the NASA clip are those that FFmpeg decodes of its first video stream, not of its largest."""
    video = read_video(CLIPS / "nasa_13013.mp4", [0, 35])
    reference = np.stack([Image.open(CLIPS / f"nasa_13013_frame{name}.png") for name in ("00", "35")])
    difference = np.abs(video.frames.astype(int) - reference)
    assert difference.max() <= 2 and difference.mean() <= 0.5
    assert video.times == (0.0, 1.4) and video.fps == pytest.approx(25)
    assert probe_video(CLIPS / "nasa_13013.mp4").num_frames == 325


GOOD = {
    "h264.mp4": (300, 240, 320),
    "av1.mp4": (60, 240, 320),
    "one_frame.mp4": (1, 64, 64),
    "h265_video.mp4": (10, 128, 128),
    "live.webm": (77, 240, 320),
    "x.ts": (88, 240, 320),
    "decord_unordered.mov": (4, 50, 50),
    "decord_rot_90.mov": (3, 568, 320),
    "decord_rot_180.mov": (3, 320, 568),
    "decord_rot_270.mov": (3, 568, 320),
    "decord_corrupted.mp4": (50, 720, 1280),
    "dropped.mp4": (48, 240, 320),
}


@pytest.mark.parametrize("name", GOOD)
def test_files_that_give_frames(name):
    """All frames come, in the size and number that probing announces, with times that rise."""
    video, info = read_video(CLIPS / name), probe_video(CLIPS / name)
    assert video.frames.shape == (*GOOD[name], 3) == (info.num_frames, info.height, info.width, 3)
    assert video.frames.dtype == np.uint8 and video.indices == tuple(range(info.num_frames))
    assert np.all(np.diff(video.times) > 0) and info.fps == video.fps
    assert info.duration == pytest.approx(info.num_frames / info.fps, abs=1e-5)
    assert video.backend == "pyav"


WRITTEN = {
    "closed.mp4": {"gop_size": 12, "max_b_frames": 2},
    "open.mp4": {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3"}},
    "closed.mkv": {"gop_size": 12, "max_b_frames": 2},
    "closed.ts": {"gop_size": 12, "max_b_frames": 2},
    "b_frames.avi": {"gop_size": 12, "max_b_frames": 2},
    "xvid.avi": {"codec": "mpeg4", "gop_size": 12, "max_b_frames": 2},
    "windows.wmv": {"codec": "wmv2", "gop_size": 12},
    "old.mpg": {"codec": "mpeg2video", "gop_size": 12, "max_b_frames": 2},
    "raw.h264": {"gop_size": 12, "max_b_frames": 2},
    "vp8.webm": {"codec": "libvpx", "gop_size": 12, "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "odd.mp4": {"codec": "mpeg4", "gop_size": 12, "size": (63, 127)},
    "ten_bits.mp4": {"codec": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_same_index_same_frame(name, tmp_path):
    """Frame i of any container and group structure is the i-th frame that was written: one by one, sparse, backwards, twice."""
    try:
        path = write_numbered(tmp_path / name, **WRITTEN[name])
    except av.error.UnknownCodecError:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("this build of PyAV has no such encoder")
    assert [number_of(frame) for frame in read_video(path).frames] == list(range(60))
    asked = [59, 0, 11, 12, 13, 40, 12, 25, 23, 24]
    assert [number_of(frame) for frame in read_video(path, asked).frames] == asked
    with av.open(str(path)) as container:
        given = [number_of(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert given == list(range(60))
    for index in (0, 12, 23, 47, 59):
        assert number_of(read_video(path, [index]).frames[0]) == index


def test_only_what_the_frames_asked_for_need(tmp_path):
    """Of a closed group no packet after the frame asked for is decoded, and none of other groups; of an open one the group before."""
    for name, before in (("closed.mp4", 0), ("open.mp4", 12)):
        listing = list_video(str(write_numbered(tmp_path / name, **WRITTEN[name])), Limits(1, 9, 9999))
        for index in (0, 5, 24, 30, 59):
            ((first, last),) = merge_stretches(listing, [index])
            assert last == listing.ends[index] and index - last <= 4
            assert last - first < 12 + before
        assert len(merge_stretches(listing, [0, 1, 59])) == 2


def test_variable_frame_rate(tmp_path):
    """With uneven times an index counts frames, `times` tells when each is shown, and fps is the mean."""
    ticks = np.cumsum(np.random.default_rng(0).integers(1, 5, 60)).tolist()
    ticks = [tick - ticks[0] for tick in ticks]
    path = write_numbered(tmp_path / "vfr.mp4", ticks=ticks, gop_size=20)
    video = read_video(path, [3, 30, 59])
    assert [number_of(frame) for frame in video.frames] == [3, 30, 59]
    assert video.times == pytest.approx([ticks[i] / 30 for i in (3, 30, 59)], abs=1e-5)
    assert video.fps == pytest.approx(59 * 30 / ticks[-1])
    assert np.array_equal(video.frames, by_decoding(path, [3, 30, 59]))


def test_chosen_frames_are_those_of_a_whole_decode():
    """Frames that are sought by the packets are those that decoding the whole file gives, to the bit."""
    indices = [0, 1, 29, 30, 149, 150, 151, 249, 250, 251, 298, 299]
    assert np.array_equal(read_video(CLIPS / "h264.mp4", indices).frames, by_decoding(CLIPS / "h264.mp4", indices))


def test_hidden_frames_do_not_count(tmp_path):
    """Frame 0 of a stream-copied cut is the first with time >= 0, as players show it, not the key frame before."""
    cut = patched(tmp_path, "cut.mp4", CUT)
    assert probe_video(cut).num_frames == 201
    video = read_video(cut, [0, 100, 200])
    assert np.array_equal(video.frames, read_video(CLIPS / "h264.mp4", [99, 199, 299]).frames)
    assert video.times[0] == 0


def test_rotation_is_applied(tmp_path):
    """A rotated video is the upright one turned, and probing gives size and turn as shown."""
    rotated = patched(tmp_path, "rotated.mp4", ROTATED)
    turned = np.rot90(read_video(CLIPS / "h264.mp4", [0, 77]).frames, 1, axes=(1, 2))
    assert np.array_equal(read_video(rotated, [0, 77]).frames, turned)
    info = probe_video(rotated)
    assert (info.height, info.width, info.rotation) == (320, 240, 270)
    assert [probe_video(CLIPS / f"decord_rot_{turn}.mov").rotation for turn in (90, 180, 270)] == [90, 180, 270]
    assert read_video(rotated, [0], short_side=60).frames.shape == (1, 80, 60, 3)


@pytest.mark.parametrize("name", ["h264.mp4", "nasa_13013.mp4", "decord_rot_90.mov"])
def test_short_side_makes_smaller(name):
    """short_side keeps the proportions and the mean colour, and never makes larger."""
    full, small = read_video(CLIPS / name, [1]).frames, read_video(CLIPS / name, [1], short_side=60).frames
    assert min(small.shape[1:3]) == 60
    assert small.shape[1] / small.shape[2] == pytest.approx(full.shape[1] / full.shape[2], rel=0.02)
    assert small.mean((0, 1, 2)) == pytest.approx(full.mean((0, 1, 2)), abs=2)
    assert read_video(CLIPS / name, [1], short_side=5000).frames.shape == full.shape


# ------------------------------------------------------------------------------------------------------------- refusals
BAD = {
    "empty.mp4": "is empty",
    "text.mp4": "is not a video",
    "png_as.mp4": "is a single picture",
    "audio_only.mp4": "only sound",
    "no_such.mp4": "does not exist",
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_refused(name):
    """The sentence begins with the file's name, not its path, and says what is wrong; probing says the same."""
    with pytest.raises(VideoError, match=rf"^{name} .*{BAD[name]}") as refusal:
        read_video(CLIPS / name)
    assert str(CLIPS) not in str(refusal.value) and str(refusal.value).endswith(".")
    with pytest.raises(VideoError) as again:
        probe_video(CLIPS / name)
    assert str(again.value) == str(refusal.value)


def test_unknown_codec_truncated_and_playlists(tmp_path):
    """A codec without decoder, an mp4 without its index, and a text that points to other files each have their own sentence."""
    (tmp_path / "codec.mp4").write_bytes((CLIPS / "one_frame.mp4").read_bytes().replace(b"avc1", b"zzzz"))
    (tmp_path / "half.mp4").write_bytes((CLIPS / "h264.mp4").read_bytes()[:184801])
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{CLIPS / 'h264.mp4'}'\n")
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{CLIPS / 'x.ts'}\n#EXT-X-ENDLIST\n")
    for name, reason in (("codec.mp4", "codec"), ("half.mp4", "cut off"), ("list.mp4", "playlist"), ("list.m3u8", "playlist")):
        with pytest.raises(VideoError, match=rf"^{name} .*{reason}"):
            read_video(tmp_path / name)


def test_limits_are_named_with_their_numbers():
    """What is over a limit is refused before it is decoded, with both numbers."""
    path = CLIPS / "h264.mp4"
    cases = {"max_frames": (299, "300 frames.* 299"), "max_seconds": (9, r"10.0 s.* 9 s"), "max_pixels": (9999, "320 x 240.* 9999")}
    for name, (limit, numbers) in cases.items():
        with pytest.raises(VideoError, match=f"^h264.mp4 .*{numbers}.*{name}"):
            read_video(path, **{name: limit})
    with pytest.raises(VideoError, match=r"live.webm is too long"):  # its header gives no duration
        read_video(CLIPS / "live.webm", max_seconds=2)
    assert len(read_video(path, [0, 299], max_frames=2).frames) == 2


def test_indices_outside_the_video():
    """An index that is not there is named together with those that are."""
    for index in (300, -1):
        with pytest.raises(VideoError, match=rf"has 300 frames, 0 to 299; frame {index} was asked for"):
            read_video(CLIPS / "h264.mp4", [0, index])
    with pytest.raises(ValueError, match="no frame"):
        read_video(CLIPS / "h264.mp4", [])
    with pytest.raises(TypeError):
        read_video(CLIPS / "h264.mp4", [0.5])


# --------------------------------------------------------------------------------------------------------------- damage
def test_damaged_frames_are_replaced_and_noted():
    """Where one frame cannot be decoded the frame before stands in, all others are right, and the note counts."""
    video = read_video(CLIPS / "decord_corrupted.mp4", short_side=90)
    assert "1 of 50 frames could not be decoded" in video.damage and video.damage == video.note
    still = [i for i in range(1, 50) if np.array_equal(video.frames[i], video.frames[i - 1])]
    assert len(still) == 1


def test_file_that_ends_early(tmp_path):
    """Of a file whose second half is missing the first half is read, and the note says how much is there."""
    whole = write_numbered(tmp_path / "whole.mp4", gop_size=12, max_b_frames=2, muxer={"movflags": "faststart"})
    content = whole.read_bytes()
    (tmp_path / "half.mp4").write_bytes(content[: len(content) * 2 // 3])
    video = read_video(tmp_path / "half.mp4")
    assert 20 < len(video.frames) < 60 and f"{len(video.frames)} of 60 frames are there" in video.note
    assert sum(number_of(frame) != index for index, frame in enumerate(video.frames)) <= 1


def test_random_damage_never_spreads(tmp_path):
    """However a file is damaged, it ends in frames or in a VideoError, and the next file is read as ever."""
    random = np.random.default_rng(0)
    for trial in range(8):
        content = bytearray((CLIPS / "h264.mp4").read_bytes())
        begin = 0 if trial % 2 else len(content) - 5000  # the index is at the end
        for number_frames in random.integers(begin, len(content), 40):
            content[number_frames] = random.integers(256)
        (tmp_path / "damaged.mp4").write_bytes(content)
        try:
            assert read_video(tmp_path / "damaged.mp4", short_side=32).frames.shape[3] == 3
        except VideoError as error:
            assert str(error).startswith("damaged.mp4 ")
        assert len(read_video(CLIPS / "one_frame.mp4").frames) == 1


# ---------------------------------------------------------------------------------------------------------- the worker
@pytest.fixture
def own_worker(monkeypatch):
    """A worker of this test alone, whose environment it may change."""
    own = Worker()
    monkeypatch.setattr(video_module, "worker", own)
    yield own
    own.stop()


def false_pillow(folder: Path, monkeypatch, deed: str) -> Path:
    """A folder of pictures, and in place of Pillow, by which the worker reads it, a module that does something else."""
    (folder / "PIL").mkdir(parents=True)
    (folder / "PIL" / "__init__.py").write_text(f"import os, time\n{deed}\nraise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    (folder / "shots").mkdir()
    (folder / "shots" / "1.png").write_bytes(b"")
    return folder / "shots"


DEEDS = {"while True: time.sleep(1)": "within 1 s", "while True: pass": "within 1 s", "os.abort()": "crash"}


@posix
@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_a_decoder_does(deed, tmp_path, monkeypatch, own_worker):
    """When a decoder waits for ever, computes for ever or takes its process down, that file is refused and the next is read."""
    shots = false_pillow(tmp_path, monkeypatch, deed)
    read_video(CLIPS / "one_frame.mp4")
    with pytest.raises(VideoError, match=rf"^shots .*{DEEDS[deed]}"):
        read_video(shots, timeout=1)
    assert len(read_video(CLIPS / "one_frame.mp4").frames) == 1


def test_printing_libraries_do_not_spoil_the_answer(tmp_path, monkeypatch, own_worker):
    """What a library writes to its standard output does not fall between the answers."""
    shots = false_pillow(tmp_path, monkeypatch, "os.write(1, b'noise'); print('noise', flush=True)")
    with pytest.raises(VideoError, match="ImportError"):
        read_video(shots)
    assert len(read_video(CLIPS / "h264.mp4", [5]).frames) == 1


@pytest.mark.skipif(cpu_seconds(os.getpid()) is None, reason="nobody tells how long a process computed")
def test_a_busy_machine_is_no_damaged_file():
    """The time limit counts what the decoder computed: one that was halted now and then, longer than that in all, is waited for."""
    code = "import time\nfor end in 0.3, 0.6, 0.9:\n    time.sleep(0.6)\n    while time.process_time() < end: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        ready = threading.Event()
        threading.Thread(target=lambda: (process.wait(), ready.set())).start()
        assert not wait_until_late(process.pid, 1.5, ready)


def test_late_is_a_sentence(own_worker):
    """A file that takes longer than the time limit is given up, and the next is read."""
    read_video(CLIPS / "one_frame.mp4")
    with pytest.raises(VideoError, match=r"^nasa_13013.mp4 .* within 0.01 s"):
        read_video(CLIPS / "nasa_13013.mp4", timeout=0.01)
    assert len(read_video(CLIPS / "one_frame.mp4").frames) == 1


@posix
def test_worker_killed_from_outside(own_worker):
    """Killed while idle, nobody notices; killed in mid-flight, the file is read again."""
    read_video(CLIPS / "one_frame.mp4")
    os.kill(own_worker._process.pid, signal.SIGKILL)
    assert len(read_video(CLIPS / "one_frame.mp4").frames) == 1

    for delay in (0.01, 0.05, 0.2):
        killer = threading.Timer(delay, os.kill, (own_worker._process.pid, signal.SIGKILL))
        killer.start()
        assert len(read_video(CLIPS / "nasa_13013.mp4").frames) == 325
        killer.join()
        assert len(read_video(CLIPS / "one_frame.mp4").frames) == 1


def test_a_long_read_tells_how_far_it_is(own_worker, monkeypatch):
    """Who asked is told the shares that the decoder reports, in order, and nobody afterwards."""
    told, headers = [], iter([{"ready": True}, {"progress": 0.2}, {"progress": 0.7}, {"frames": 1}, {"progress": 0.9}, {"frames": 2}])
    monkeypatch.setattr(own_worker, "_header", lambda: next(headers))
    with follow_reading(told.append):
        own_worker.ask({"do": "nothing"}, 9)
    own_worker.ask({"do": "nothing"}, 9)
    assert told == [0.2, 0.7]


def test_interrupted_question_leaves_no_half_answer(own_worker, monkeypatch):
    """After Ctrl-C in the middle of an answer the next read gets its own answer."""
    read_video(CLIPS / "one_frame.mp4")
    pixels = own_worker._pixels
    monkeypatch.setattr(own_worker, "_pixels", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        read_video(CLIPS / "h264.mp4", [1])
    monkeypatch.setattr(own_worker, "_pixels", pixels)
    assert read_video(CLIPS / "one_frame.mp4").frames.shape == (1, 64, 64, 3)


def test_threads_take_turns():
    """Each of several threads gets the frames that it asked for."""
    expected = read_video(CLIPS / "h264.mp4", range(0, 80, 10)).frames
    got = {}
    threads = [threading.Thread(target=lambda i=i: got.update({i: read_video(CLIPS / "h264.mp4", [10 * i]).frames[0]})) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(got[i], expected[i]) for i in range(8))


FORK = """
import os, sys
from workbench.video.worker import worker
from workbench.video.read import read_video
clip = sys.argv[1]
before = read_video(clip, [3]).frames
parents = worker._process.pid
wait, go = os.pipe()
child = os.fork()
frames = read_video(clip, [3]).frames
assert (frames == before).all() and (worker._process.pid == parents) == (child != 0)
if not child:
    os.close(go)
    os.read(wait, 1)  # until the parent has seen its worker end
else:
    worker._process.stdin.close()
    assert worker._process.wait(60) == 0  # the child holds no end of the pipe that would keep the worker waiting
    os.close(go)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (read_video(clip, [3]).frames == before).all()
"""


def run(script: str, *arguments: str, **options) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*options.pop("path", ()), str(DATA.parents[1])])}
    return subprocess.Popen([sys.executable, "-c", script, *arguments], env=environment, **options)


@posix
def test_forked_process_has_its_own_worker():
    """Parent and forked child read at once, each with its own worker; the parent's ends with the parent, whatever the child does."""
    assert run(FORK, str(CLIPS / "h264.mp4")).wait(PATIENCE_SECONDS) == 0


ORPHAN = """
import os, sys, threading, time
from workbench.video.worker import worker
from workbench.video.read import read_video
threading.Thread(target=read_video, args=(sys.argv[1],), daemon=True).start()
while not os.path.exists(sys.argv[2]): time.sleep(0.05)
print(worker._process.pid, flush=True)
time.sleep(60)
"""


@posix
def test_worker_ends_with_its_parent(tmp_path, monkeypatch):
    """Even a worker that hangs in a decoder ends when its parent is killed."""
    hangs = tmp_path / "hangs"
    shots = false_pillow(tmp_path / "false", monkeypatch, f"open({str(hangs)!r}, 'w').close()\nwhile True: time.sleep(1)")
    with run(ORPHAN, str(shots), str(hangs), stdout=subprocess.PIPE, path=[str(tmp_path / "false")]) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state not in ("", "Z")


def test_worker_imports_little():
    """The worker loads neither torch nor any of our rooms, and nothing of this folder shadows an installed package."""
    script = BOOT.replace("serve(out)", "print(sorted(sys.modules), sys.path, file=sys.stderr)")
    run = subprocess.run([sys.executable, "-c", script, str(DATA)], capture_output=True, text=True, check=True)
    assert "'torch'" not in run.stderr and "'workbench" not in run.stderr and "'PIL'" not in run.stderr
    assert f"'{DATA}'" not in run.stderr


# ------------------------------------------------------------------------------------------------- pictures in a folder
def test_folder_of_pictures(tmp_path):
    """Pictures are frames in natural order, at the rate given; other files and hidden copies are no pictures."""
    for number in (1, 2, 10, 9, 100):
        Image.fromarray(numbered(number)).save(tmp_path / f"frame{number}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._frame1.png").write_bytes(b"left by macOS")
    video, info = read_video(tmp_path, fps=10), probe_video(tmp_path, fps=10)
    assert [number_of(frame) for frame in video.frames] == [1, 2, 9, 10, 100]
    assert np.array_equal(video.frames[0], numbered(1))
    assert video.times == pytest.approx((0, 0.1, 0.2, 0.3, 0.4)) and video.backend == "pillow"
    assert (info.num_frames, info.height, info.width, info.fps, info.duration) == (5, 64, 128, 10, 0.5)
    assert read_video(tmp_path, [4, 0], short_side=32).frames.shape == (2, 32, 64, 3)
    with pytest.raises(VideoError, match="0 to 4; frame 5"):
        read_video(tmp_path, [5])


def test_folders_that_are_refused(tmp_path):
    """A folder without pictures, one of mixed sizes and one with a damaged picture are named, the picture too."""
    folder = tmp_path / "shots"
    folder.mkdir()
    with pytest.raises(VideoError, match=r"^shots is a folder without pictures"):
        read_video(folder)
    Image.fromarray(numbered(1)).save(folder / "1.jpg")
    Image.fromarray(numbered(2, 32, 64)).save(folder / "2.jpg")
    with pytest.raises(VideoError, match=r"^shots .* differ in size: 1.jpg is 128 x 64, 2.jpg is 64 x 32"):
        read_video(folder)
    (folder / "2.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    with pytest.raises(VideoError, match=r"^shots .* cannot be read: 2.jpg"):
        read_video(folder)


def test_animated_gif(tmp_path):
    """An animated GIF is a video: each picture a frame, with its own duration."""
    pictures = [Image.fromarray(numbered(number)) for number in range(6)]
    pictures[0].save(tmp_path / "moving.gif", save_all=True, append_images=pictures[1:], duration=[100, 100, 300, 100, 100, 100])
    video = read_video(tmp_path / "moving.gif")
    assert [number_of(frame) for frame in video.frames] == list(range(6))
    assert video.times == pytest.approx((0, 0.1, 0.2, 0.5, 0.6, 0.7))


def test_a_file_written_again_is_read_again(tmp_path):
    """What was listed before is not taken for what is there now, and what is gone is gone."""
    path = tmp_path / "again.mp4"
    for count in (5, 9):
        write_video(path, np.zeros((count, 16, 16, 3), np.uint8), 8)
        assert probe_video(path).num_frames == len(read_video(path).frames) == count
    path.unlink()
    with pytest.raises(VideoError, match="does not exist"):
        read_video(path)


@pytest.mark.parametrize("sample", sample_videos(), ids=lambda sample: sample.name)
def test_a_sample_video_is_there_with_its_source_and_picture(sample):
    """It starts within the video, its picture is of it, and whose it is stands beside it."""
    info = probe_video(sample.path)
    assert sample.start is not None
    assert sample.start < info.duration
    with Image.open(sample.poster) as poster:
        size, pixels = poster.size, np.asarray(poster.resize((32, 32))).astype(int)
    frames = read_video(sample.path, range(40, 50)).frames
    nearest = min(np.abs(np.asarray(Image.fromarray(frame).resize((32, 32))).astype(int) - pixels).mean() for frame in frames)
    assert size[0] / size[1] == pytest.approx(info.width / info.height, rel=0.02)
    assert nearest < 5  # of 255: JPEG
    assert any(word in sample.source for word in ("no rights reserved", "public domain", "CC0", "CC BY"))
