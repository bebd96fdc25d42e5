"""Jobs side by side on this machine: so many processes, a GPU each where there are some."""

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

import torch

from workbench.data.checkup import cores
from workbench.lab.one_run import Job, Result, execute


def run_locally(jobs: Sequence[Job], processes: int = 0) -> Iterator[tuple[Job, Result]]:
    """Execute the jobs, `processes` at once, and yield each with its result as it ends.

    0 processes: one for each GPU, or for each core that a job's threads take. A job whose process dies is done again,
    once. Where the caller stops listening, what still runs is ended.
    """
    gpus = [str(number) for number in range(torch.cuda.device_count())]
    count = processes or len(gpus) or cores() // max((job.threads for job in jobs), default=1) or 1
    places: queue.Queue = queue.Queue()
    for place in range(count):
        places.put(gpus[place % len(gpus)] if gpus else None)

    stop = threading.Event()
    with ThreadPoolExecutor(count) as pool:
        try:
            waiting = {pool.submit(execute_in_place, job, places, stop): job for job in jobs}
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def execute_in_place(job: Job, places: queue.Queue, stop: threading.Event) -> Result:
    """Execute a job on the next free GPU, if there are any."""
    gpu = places.get()
    try:
        return execute_again(replace(job, gpu=gpu), stop)
    finally:
        places.put(gpu)


def execute_again(job: Job, stop: threading.Event | None = None) -> Result:
    """Execute a job; where its process died of something from outside, once more: it goes on from its last state."""
    result = execute(job, stop)
    return execute(job, stop) if result.died and not (stop and stop.is_set()) else result
