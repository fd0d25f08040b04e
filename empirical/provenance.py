"""Where recorded numbers come from: commit, digest of the code, versions, hardware, command.

The digest covers the files that the numbers depend on and no others: the modules of this project
that one module imports, directly or through others, at its head or inside a function.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("empirical", "theory")
VERSIONED = (
    *("torch", "numpy", "scipy", "scikit-learn", "pillow", "pyarrow"),
    *("transformers", "safetensors", "monai"),
)
COMMIT = "ALIGNMENT_COMMIT"


def environment(
    module: str, device: str, threads: int, command: str, *, jobs: int = 1
) -> dict[str, Any]:
    """Where a training runs; `module`, such as "empirical.recording", makes the numbers.

    `threads`: of each of the `jobs` processes.  ``changed``: whether a file that they depend on
    differs from the commit (or is not in it).  Where there is no repository, as in a copy of the
    files, the commit is what the environment variable `COMMIT` says, and ``changed`` is None.
    """
    files = sources(module)
    commit = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain", "--", *map(str, files))
    return {
        "command": command,
        "commit": os.environ.get(COMMIT) if commit is None else commit,
        "changed": None if commit is None else status != "",
        "source_sha256": source_digest(module),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in VERSIONED},
        "device": _described(device),
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "jobs": jobs,
    }


def source_digest(module: str) -> str:
    """SHA-256 over the names and contents of the files that the module's numbers depend on."""
    digest = hashlib.sha256()
    for path in sources(module):
        digest.update(f"{path.as_posix()}\0".encode())
        digest.update((ROOT / path).read_bytes())
    return digest.hexdigest()


def sources(module: str) -> list[Path]:
    """The project's files that the module depends on, below the root, in order of their names.

    >>> [path.name for path in sources("theory.arrays")]
    ['arrays.py']
    """
    found: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += _imported(ROOT / _path(name))
    return sorted(_path(name) for name in found)


def _imported(path: Path) -> Iterator[str]:
    """Modules of the project that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.partition(".")[0] in PACKAGES and (ROOT / _path(name)).is_file():
                yield name


def _path(module: str) -> Path:
    return Path(*module.split(".")).with_suffix(".py")


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _described(device: str) -> str:
    """The device; of a GPU its model and the versions of CUDA and cuDNN."""
    if not device.startswith("cuda"):
        return device
    import torch

    name, libraries = torch.cuda.get_device_name(device), torch.backends.cudnn.version()
    return f"{device}: {name}, CUDA {torch.version.cuda}, cuDNN {libraries}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
