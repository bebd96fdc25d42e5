"""Runs of a study on a cluster: dask.distributed, or SLURM by dask-jobqueue."""

import json
import os
import threading
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from typing import TYPE_CHECKING

from workbench.experiments.job import Job, Result, execute, lock, read_outcome
from workbench.paths import write_atomically

if TYPE_CHECKING:
    from distributed import Client

ATTEMPTS = "attempts.json"
SLURM = {"cores": 1, "processes": 1, "memory": "8GB"}  # where the user's settings say nothing
GPU = {"job_extra_directives": ("--gres=gpu:1",), "worker_extra_args": ("--resources", "GPU=1")}
ONE_AT_A_TIME = threading.Lock()  # of the threads of a worker, which share one queue of GPUs
MOST_ATTEMPTS = 2  # a run whose worker dies is done again elsewhere, once


def run_on_cluster(jobs: Sequence[Job], address: str, processes: int = 0) -> Generator[tuple[Job, Result], None, None]:
    """Execute the jobs on the workers of the scheduler at `address` and yield each with its result as it ends.

    A run asks for one GPU where the workers announce the resource GPU. "slurm" and "slurm-gpu" start a cluster of SLURM
    jobs for this call, as the user's dask-jobqueue settings describe them: `processes` at most, 0 is one for each run.
    The folders of the jobs must be on a disk that the workers share.

    Raises ImportError without the extra `cluster`, ConnectionError where no scheduler answers.
    """
    with connect(address, min(len(jobs), processes or len(jobs)), jobs[0].threads) as client:
        from distributed import as_completed

        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        gpus = address == "slurm-gpu" or any(worker["resources"].get("GPU") for worker in workers)
        attempt, resources = uuid.uuid4().hex, {"GPU": 1} if gpus else None
        futures = {client.submit(execute_on_worker, job, attempt, pure=False, resources=resources): job for job in jobs}
        try:
            for future in as_completed(futures):
                error = future.exception()
                yield futures[future], Result(None, 0.0, f"{type(error).__name__}: {error}") if error else future.result()
        finally:
            client.cancel([future for future in futures if not future.done()])


@contextmanager
def connect(address: str, jobs: int, threads: int = 1) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("studies on a cluster need the extra `cluster`: pip install -c constraints.txt -e '.[cluster]'") from error

    if address in ("slurm", "slurm-gpu"):
        cluster = slurm_cluster(gpu=address == "slurm-gpu", job_cpu=threads)
        with cluster, Client(cluster) as client:
            cluster.scale(jobs=jobs)
            yield client
        return
    try:
        client = Client(address, timeout="15s")
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`") from error
    with client:
        yield client


def slurm_cluster(gpu: bool = False, **options):
    """SLURM jobs of one worker each, which executes one run at a time; with `gpu` each asks for one.

    Queue, account, memory and the rest come from the user's dask configuration (jobqueue.slurm) or from `options`, which are
    those of dask_jobqueue.SLURMCluster. The wall time there, half an hour unless changed, must hold several runs.
    """
    import dask.config
    from dask_jobqueue import SLURMCluster

    configured = dask.config.get("jobqueue.slurm", {})
    wanted = {name: value for name, value in SLURM.items() if configured.get(name.replace("_", "-"), configured.get(name)) is None}
    for name, extra in GPU.items() if gpu else ():
        wanted[name] = [*(configured.get(name.replace("_", "-")) or configured.get(name) or ()), *extra]
    return SLURMCluster(**{**wanted, **options})


def execute_on_worker(job: Job, attempt: str) -> Result:
    """What a worker does. It dies with its worker; the scheduler then gives it to another one, which counts how often.

    A run that another worker still executes, because a study was stopped there or a worker was lost but lives, is waited for.
    """
    with lock(job.folder, wait=True), one_gpu() as gpu:
        result = Result(read_outcome(job.folder), 0.0, f"{MOST_ATTEMPTS} workers died while they ran it", died=True)
        while not result.outcome and result.died and count_attempt(job, attempt) <= MOST_ATTEMPTS:
            result = execute(replace(job, gpu=gpu))
        return result


def count_attempt(job: Job, attempt: str) -> int:
    """How often a worker has begun this job since the study was started, this time included."""
    path = job.folder / ATTEMPTS
    job.folder.mkdir(parents=True, exist_ok=True)
    before = json.loads(path.read_text()) if path.exists() else {}
    count = before.get(attempt, 0) + 1
    write_atomically(path, json.dumps({attempt: count}).encode())
    return count


@contextmanager
def one_gpu() -> Iterator[str | None]:
    """A GPU of this worker that no other run of it uses; None where the worker announces none."""
    from distributed import get_worker

    announced = int(get_worker().state.total_resources.get("GPU", 0))
    if not announced:
        yield None
        return
    with ONE_AT_A_TIME:
        gpus = free_gpus(announced)
    gpu = gpus.get()
    try:
        yield gpu
    finally:
        gpus.put(gpu)


@cache
def free_gpus(announced: int) -> SimpleQueue[str]:
    """The GPUs of this worker that no run uses."""
    gpus = SimpleQueue()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    for number in visible.split(",")[:announced] if visible else range(announced):
        gpus.put(str(number))
    return gpus
