"""The files of the project, for the lint scripts: what git tracks or would track, without what a build made."""
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(os.environ.get("TAPELOOP_LINT_ROOT") or Path(__file__).resolve().parents[2])
C_ENDINGS = (".c", ".h", ".cpp", ".hpp", ".inl")


def files():
    """Paths relative to the root, sorted. Works without git too, by walking."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        if not (ROOT / ".git").exists():
            raise OSError
        names = subprocess.run(git, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, here in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in (".git", "__pycache__") and not f.startswith("build")]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in here]
    return sorted({n for n in names if n and (ROOT / n).is_file() and not (ROOT / n).is_symlink()})


def c_files():
    return [n for n in files() if n.endswith(C_ENDINGS)]


def text(name):
    """The text of a file; empty for what is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def generated(name):
    return "/generated/" in name or text(name)[:200].find("Do not edit") >= 0


def report(problems, checked, what):
    """Ends a lint: one line a problem, and what was looked at. A lint that looked at nothing fails."""
    for problem in problems:
        print(problem)
    if not checked:
        print(f"nothing to check: no {what}")
    print(f"{checked} {what} checked, {len(problems)} problems")
    sys.exit(1 if problems or not checked else 0)
