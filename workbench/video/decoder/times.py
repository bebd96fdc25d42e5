"""When the frames that a decoder gave are shown, whatever their timestamps are worth."""

from itertools import pairwise
from statistics import median_low

JUMP = 2.0  # s: further back than any reordering, time begins anew


def order_of_display(ticks: list[int | None], packet_ticks: list[int], stream) -> list[float]:
    """Seconds from the first frame, strictly rising. ticks: of the frames, in the order in which the decoder gave them, which is that
    of display. packet_ticks: of all packets, in order of time.

    Timestamps that are there are kept. Where they stand in another order than the frames, they are times of decoding, and are
    dealt out in order; where one stands there twice, that frame alone is moved; where time jumps back, it goes on from there.
    """
    unit, step = float(stream.time_base), frame_step(packet_ticks, stream)
    known = [tick for tick in ticks if tick is not None]
    if len(known) < len(ticks):
        known = packet_ticks if len(packet_ticks) == len(ticks) else fill_gaps(ticks, step)
    known = spread_repeated(sorted(join_jumps(known, step, JUMP / unit)), step)
    return [round((tick - known[0]) * unit, 6) for tick in known]


def frame_step(packet_ticks: list[int], stream) -> float:
    """From a frame to the next, in ticks."""
    steps = [other - one for one, other in pairwise(packet_ticks) if other > one]
    return median_low(steps) if steps else 1 / (nominal_rate(stream) * float(stream.time_base))


def fill_gaps(ticks: list[int | None], step: float) -> list[float]:
    """A frame without a time comes a step after the one before it, the first ones before the first that has one."""
    first, tick = next(((i, tick) for i, tick in enumerate(ticks) if tick is not None), (0, 0))
    last, result = tick - step * (first + 1), []
    for tick in ticks:
        last = last + step if tick is None else tick
        result.append(last)
    return result


def join_jumps(ticks: list, step: float, jump: float) -> list:
    offset, latest, result = 0, None, []
    for tick in ticks:
        if latest is not None and tick + offset < latest - jump:
            offset = latest + step - tick
        result.append(tick + offset)
        latest = max(result[-1], latest) if latest is not None else result[-1]
    return result


def spread_repeated(ticks: list, step: float) -> list:
    """Ticks that do not fall -> ticks that rise: those of one time are spread up to the next."""
    result, begin = list(ticks), 0
    while begin < len(ticks):
        end = begin
        while end < len(ticks) and ticks[end] == ticks[begin]:
            end += 1
        room = min(step * (end - begin), ticks[end] - ticks[begin]) if end < len(ticks) else step * (end - begin)
        result[begin:end] = [ticks[begin] + room * i / (end - begin) for i in range(end - begin)]
        begin = end
    return result


def rate_of(stream, times: list[float]) -> float:
    """Mean frames a second."""
    return (len(times) - 1) / times[-1] if len(times) > 1 else nominal_rate(stream)


def nominal_rate(stream) -> float:
    return float(stream.average_rate or stream.guessed_rate or 25)
