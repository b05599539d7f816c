"""A page of commands followed to the letter: what it says to run, and running it.

    page = read_page(path)                          # its sections, each with its commands
    machine.follow("credserv keys list --data /srv/credserv")     # as it is written there

A command is a line of a block of `sh` or `text`, or what stands in backticks and begins with the name of a
program.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import click.termui
import pytest

from credserv.processes.cli import main
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.forked import Forked
from tests.testkit.processes import run_command

ROOT = Path(__file__).resolve().parents[2]
_PARTS = re.compile(
    r"^#{2,3} (?P<title>[^\n]+)$|^```(?P<language>\w*)\n(?P<block>.*?)^```"
    r"|`(?P<inline>(?:credserv|\./dev|systemctl|journalctl|pip|aws|docker|helm) [^`]+)`",
    re.MULTILINE | re.DOTALL,
)
_SHELL = ("sh", "text")


@dataclass
class Section:
    """commands: in the order of the page, each once."""

    title: str
    commands: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line not in self.commands:
            self.commands.append(line)


def read_page(path: Path) -> list[Section]:
    """The sections that name a command, in their order."""
    sections = [Section("")]
    for part in _PARTS.finditer(path.read_text()):
        if part["title"]:
            sections.append(Section(part["title"]))
        elif part["inline"]:
            sections[-1].add(" ".join(part["inline"].split()))
        elif part["language"] in _SHELL:
            for line in part["block"].splitlines():
                sections[-1].add(line)
    return [section for section in sections if section.commands]


@dataclass
class Machine:
    """Where the commands run: in a folder and an environment of their own.

    written: what the page says to replace, or what is this machine's, with what stands here for it.
    followed: the commands of the page that were run.
    """

    folder: Path
    environ: dict[str, str]
    written: dict[str, str] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)

    def words(self, line: str) -> list[str]:
        """Of the command line, as it is here."""
        for here in sorted(self.written, key=len, reverse=True):
            line = re.sub(rf"(?<![\w/]){re.escape(here)}(?![\w])", lambda _, of=here: self.written[of], line)
        return shlex.split(line)

    def follow(self, line: str, *more: object, typed: tuple[str, ...] = (), code: int = 0) -> str:
        """Run a line of the page in this process; what it prints, errors included.

        more: what the page says in words to add. typed: what is answered where it asks. code: its exit code.
        """
        self.followed.append(line)
        return self.run(line, *more, typed=typed, code=code)

    def run(self, line: str, *more: object, typed: tuple[str, ...] = (), code: int = 0) -> str:
        program, *words = [*self.words(line), *map(str, more)]
        assert program == "credserv", line
        said, answers = io.StringIO(), iter(typed)
        with self._entered(answers), redirect_stdout(said), redirect_stderr(said):
            ended = main(words)
        assert ended == code, f"{line}\nended with {ended}\n{said.getvalue()}"
        assert next(answers, None) is None, f"{line} did not ask so often\n{said.getvalue()}"
        return said.getvalue()

    def start(self, line: str, log: Path, **environ: str) -> Forked:
        """Begin a line of the page that goes on running, as a process of its own."""
        self.followed.append(line)
        words = self.words(line)[1:]
        return Forked(run_command, words, environ=self._whole(environ), says=log)

    def follow_apart(self, *lines: str, first: str = "", **environ: str) -> str:
        """Run lines of the page in one other process, as where they load a library; what they print.
        first: Python that is run there before."""
        self.followed += lines
        asked = [self.words(line)[1:] for line in lines]
        code = (
            f"{first}\nfrom credserv.processes.cli import main\n"
            f"for words in {asked!r}:\n    print(words, main(words), flush=True)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=self._whole(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HANGS_AFTER,
        )
        for words in asked:
            assert f"{words} 0" in ran.stdout, f"{words}\n{ran.stdout}"
        return ran.stdout

    def shell(self, line: str) -> str:
        """Run a line that is none of this program's."""
        self.followed.append(line)
        for here, there in self.written.items():
            line = line.replace(here, there)
        return subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout

    def _whole(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**_others(), **self.environ, **more, "PYTHONPATH": str(ROOT)}

    @contextmanager
    def _entered(self, answers: Iterator[str]) -> Iterator[None]:
        def answer(prompt: str = "") -> str:
            told = next(answers, None)
            assert told is not None, f"nothing is said about {prompt!r}"
            return told

        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - set(_others()):
                patch.delenv(name)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(click.termui, "hidden_prompt_func", answer)
            patch.setattr(click.termui, "visible_prompt_func", answer)
            yield


def _others() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
