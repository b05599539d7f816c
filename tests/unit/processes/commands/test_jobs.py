"""`credserv jobs`: an administrator sees what failed to the end, and has it done after all (attack 137)."""

from __future__ import annotations

from pathlib import Path

import pytest

from credserv.ground.errors import InputError
from credserv.jobs.client import DbosJobs
from credserv.jobs.execution import JobWorker
from credserv.processes.cli import main
from tests.testkit.jobworker import FAST
from tests.unit.jobs.test_jobs import wait_until


def test_a_failed_job_is_shown_and_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "installation")
    assert main(["init", "--data", folder]) == 0
    url = f"sqlite:///{folder}/jobs.sqlite"
    mended: list[str] = []

    def deliver(_subject_id: str) -> None:
        if not mended:
            raise InputError("the mail server refused the recipient with code 550")
        mended.append("delivered")

    worker = JobWorker(url, {"deliver": deliver}, pace=FAST)
    worker.start()
    jobs = DbosJobs(url)
    try:
        jobs.enqueue("deliver", "credential-1")
        wait_until(jobs.failed)
        capsys.readouterr()
        assert main(["jobs", "failed", "--data", folder]) == 0
        shown = capsys.readouterr().out
        assert "credential-1" in shown
        assert "code 550" in shown
        assert main(["jobs", "retry", "deliver", "credential-2", "--data", folder]) != 0
        mended.append("mended")
        assert main(["jobs", "retry", "deliver", "credential-1", "--data", folder]) == 0
        wait_until(lambda: "delivered" in mended)
        assert jobs.failed() == ()
    finally:
        jobs.close()
        worker.stop()
