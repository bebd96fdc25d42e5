"""Executes notebooks by papermill in one kernel, which is emptied before each: what costs seconds is to import torch.

Reads lines of JSON from standard input, (notebook, output, parameters), and answers each with the error as a line of JSON, "" for none.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError


@dataclass(frozen=True)
class Notebooks:
    """What executes notebooks, one after the other."""

    process: subprocess.Popen

    def execute(self, notebook: Path, output: Path, parameters: dict) -> str:
        """Papermill's error, "" where every cell ran."""
        print(json.dumps([str(notebook), str(output), parameters]), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@contextmanager
def one_kernel(folder: Path, environment: dict[str, str]) -> Iterator[Notebooks]:
    """A process of its own with a kernel that works in the folder."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, __file__], cwd=folder, env=environment, **pipes) as process:
        yield Notebooks(process)
        process.stdin.close()  # which ends it and its kernel


def main() -> None:
    kernel = AsyncKernelManager(kernel_name="python3")
    asyncio.run(kernel.start_kernel())
    for line in sys.stdin:
        path, output, parameters = json.loads(line)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
        error = ""
        try:
            papermill.execute_notebook(notebook, output, parameters, km=kernel, progress_bar=False, execution_timeout=1800)
        except PapermillExecutionError as failure:
            error = str(failure)
        print(json.dumps(error), flush=True)
    asyncio.run(kernel.shutdown_kernel(now=True))


if __name__ == "__main__":
    main()
