"""What is refused, and the sentence that says so."""

from dataclasses import dataclass

ANSWER_BYTES = 1 << 30


class Refusal(Exception):
    """Why a file cannot be read: the rest of a sentence that begins with the file's name."""


@dataclass(frozen=True)
class Limits:
    """frames: most frames returned; seconds: longest video; pixels: largest frame, h * w, as stored."""

    frames: int
    seconds: int | float
    pixels: int

    def check_seconds(self, seconds: int | float) -> None:
        if seconds > self.seconds:
            raise Refusal(f"is too long: {seconds:.1f} s or more, the limit is {self.seconds:g} s (max_seconds); cut it shorter")

    def check_pixels(self, height: int, width: int) -> None:
        if height * width > self.pixels:
            raise Refusal(f"is too large: {width} x {height}, the limit is {self.pixels} pixels a frame (max_pixels); make it smaller")

    def check_answer(self, count: int, height: int, width: int) -> None:
        if count > self.frames:
            raise Refusal(f"would give {count} frames, the limit is {self.frames} (max_frames); ask for chosen frames by their indices")
        if (size := count * height * width * 3) > ANSWER_BYTES:
            raise Refusal(f"would need {size / 1e9:.1f} GB for {count} frames of {width} x {height}; ask for fewer or set short_side")
