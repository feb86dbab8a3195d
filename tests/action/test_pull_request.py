"""What the action does for a pull request, from the checkout to the exit code."""

import json
import os
import signal
import subprocess
import time

import pytest

from fake_github import LONGEST_COMMENT
from world import BINARY, NUMBER, PROJECT, SCENARIO

ORDER = ["Install loadline", "Find the base", "Measure", "Keep the report", "Publish", "Decide"]


def of_the_action(job):
    return [name for name, _ in job.steps if name in ORDER]


def test_a_change_that_is_fine_passes_and_is_reported(world):
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), base="none")
    assert job.exit_code == 0, str(job)
    assert of_the_action(job) == ORDER
    outputs = job.outputs()
    assert outputs["verdict"] == "passed" and outputs["regressions"] == "0", outputs
    assert outputs["artifact-url"] == "https://github.example/artifacts/loadline-report?days=30"
    record = json.loads((world.artifacts / "loadline-report/record.json").read_text())
    assert record["run"]["sha"] == world.head and record["run"]["pull_request"] == NUMBER
    assert (world.artifacts / "loadline-report/report.html").exists()
    assert "PASSED" in job.summary
    (comment,) = world.github.comments_by_bots()
    assert comment["body"].startswith("<!-- loadline:shop -->") and outputs["artifact-url"] in comment["body"]
    assert outputs["comment-url"] == comment["html_url"]
    assert job.annotations() == []


def test_the_comment_is_created_once_among_many_and_then_updated(world):
    event = world.pull_request({"README.md": "more"})
    for number in range(150):
        world.github.comment(NUMBER, f"<!-- loadline:shop --> I am not the tool ({number})")
    for _ in range(2):
        assert world.run("pull_request", event, base="none").exit_code == 0
    (comment,) = world.github.comments_by_bots()
    assert len(world.github.comments) == 151
    methods = [method for method, path, _ in world.github.writes("/issues/")]
    assert methods == ["POST", "PATCH"], methods
    assert len(comment["body"]) < LONGEST_COMMENT
    pages = [path for method, path, _ in world.github.calls if method == "GET" and path.endswith(f"/issues/{NUMBER}/comments")]
    assert len(pages) >= 4, "not all pages were read"


def test_each_suite_has_a_comment_of_its_own(world):
    event = world.pull_request({"README.md": "more"})
    for suite in ("one", "two", "one"):
        world.run("pull_request", event, base="none", suite=suite)
    assert len(world.github.comments_by_bots()) == 2


def test_a_missed_threshold_fails_last_and_stands_in_the_scenario(world):
    event = world.pull_request({"loadline.yml": SCENARIO.replace("error_rate < 1%", "p95 < 1us")})
    job = world.run("pull_request", event, base="none", status="true")
    assert job.exit_code == 1, str(job)
    assert of_the_action(job) == ORDER
    assert job.outputs()["verdict"] == "failed"
    line = SCENARIO.splitlines().index("  all: [error_rate < 1%]") + 1
    assert any(text.startswith(f"::error file=loadline.yml,line={line},") for text in job.annotations("error")), job.annotations()
    assert "FAILED" in job.summary
    assert "p95 &lt; 1us" in world.github.comments_by_bots()[0]["body"] or "p95 < 1us" in world.github.comments_by_bots()[0]["body"]
    ((sha, status),) = world.github.statuses
    assert (sha, status["state"], status["context"]) == (world.head, "failure", "loadline/shop")
    # The same in a mode that only reports.
    job = world.run("pull_request", event, base="none", mode="report", status="true")
    assert job.exit_code == 0 and job.outputs()["verdict"] == "failed"
    _, status = world.github.statuses[-1]
    assert status["state"] == "success" and status["description"].startswith("reported only: FAILED"), status


def test_a_comment_only_when_something_changed(world):
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), base="none", comment="changes")
    assert job.exit_code == 0 and world.github.comments == {}
    job = world.run("pull_request", world.pull_request({"loadline.yml": SCENARIO.replace("error_rate < 1%", "p95 < 1us")}), base="none", comment="never")
    assert job.exit_code == 1 and world.github.comments == {}


def test_a_broken_scenario_is_exit_2_and_sends_no_load(world):
    job = world.run("pull_request", world.pull_request({"loadline.yml": SCENARIO.replace("users:", "usres:")}), base="none")
    assert job.exit_code == 2, str(job)
    assert job.outputs()["verdict"] == "error"
    assert "usres" in job.log and "no load was sent" in job.log
    assert "exit code 2" in job.annotations("error")[-1]
    assert job.summary.strip()


def test_a_service_that_never_gets_ready_is_exit_3_and_steers_nothing(world):
    scenario = SCENARIO.replace("within: 20s", "within: 500ms")
    job = world.run("pull_request", world.pull_request({"loadline.yml": scenario, "serve.sh": "echo '::error::pwned'; sleep 30\n"}), base="none")
    assert job.exit_code == 3, str(job)
    assert job.outputs()["verdict"] == "invalid"
    assert "pwned" in job.log and not [text for text in job.annotations() if text.startswith("::error::pwned")]
    assert "INVALID" in job.summary


def test_a_scenario_that_is_not_there_is_said(world):
    job = world.run("pull_request", world.pull_request({"README.md": "x"}), base="none", scenario="missing.yml")
    assert job.exit_code == 2 and "missing.yml" in job.log


def test_several_scenarios_in_a_folder_of_their_own(world):
    files = {f"load/{name}.yml": SCENARIO.replace("shop", name) for name in ("one", "two")} | {"load/serve.sh": "exec loadline demo --listen 127.0.0.1:$PORT\n"}
    job = world.run("pull_request", world.pull_request(files), base="none", working_directory="load", scenario="\n  one.yml\n\n  two.yml  \n")
    assert job.exit_code == 0, str(job)
    assert {path.name for path in (world.artifacts / "loadline-report").glob("record-*.json")} == {"record-one.json", "record-two.json"}
    assert job.outputs()["record"] == job.outputs()["report"].removesuffix("/report.html")


def test_the_service_gets_neither_token_nor_the_files_of_the_runner(world):
    spy = 'env >"$FAKE_ARTIFACTS/of-service"; tr "\\0" "\\n" </proc/$PPID/environ >"$FAKE_ARTIFACTS/of-loadline"\n'
    job = world.run("pull_request", world.pull_request({"serve.sh": spy + "exec loadline demo --listen 127.0.0.1:$PORT\n"}), base="none")
    assert job.exit_code == 0, str(job)
    for who in ("of-service", "of-loadline"):
        names = (world.artifacts / who).read_text()
        assert "PATH=" in names and "a-t0ken-of-the-job" not in names, names
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "ACTIONS_", "GITHUB_TOKEN"):
            assert f"\n{name}" not in names, name


def test_a_check_run_is_made_where_it_is_asked_for(world):
    files = {"load/shop.yml": SCENARIO.replace("error_rate < 1%", "p95 < 1us"), "load/serve.sh": "exec loadline demo --listen 127.0.0.1:$PORT\n"}
    job = world.run("pull_request", world.pull_request(files), base="none", working_directory="load", scenario="shop.yml", check_run="true")
    assert job.exit_code == 1, str(job)
    (check,) = world.github.checks
    assert (check["head_sha"], check["status"], check["conclusion"]) == (world.head, "completed", "failure")
    assert check["output"]["title"].startswith("FAILED · shop") and "FAILED" in check["output"]["summary"]
    # Both name the file as the repository does, not as the scenario's folder does.
    line = SCENARIO.splitlines().index("  all: [error_rate < 1%]") + 1
    (annotation,) = check["output"]["annotations"]
    assert (annotation["path"], annotation["start_line"], annotation["annotation_level"]) == ("load/shop.yml", line, "failure")
    assert any(text.startswith(f"::error file=load/shop.yml,line={line},") for text in job.annotations("error")), job.annotations()
    world.run("pull_request", world.pull_request({"README.md": "more"}), base="none")
    assert len(world.github.checks) == 1, "nobody asked for a second one"


CODES = [(101, "error", 1, "bug in loadline"), (130, "interrupted", 0, "interrupted"), (137, "error", 1, "ended from outside")]


@pytest.mark.parametrize(("code", "verdict", "comments", "words"), CODES)
def test_whatever_the_run_exits_with_is_what_the_job_exits_with(world, code, verdict, comments, words):
    """101 is a bug of loadline, 130 an interrupt before anything was measured, 137 what the system kills."""
    program = world.root / "loadline"
    program.write_text(f'#!/bin/sh\n[ "$1" != run ] || exit {code}\nexec {BINARY} "$@"\n')
    program.chmod(0o755)
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), base="none", binary_path=str(program))
    assert job.exit_code == code, str(job)
    assert job.outputs()["verdict"] == verdict
    last = job.annotations("error")[-1]
    assert f"exit code {code}" in last and words in last, last
    assert f"exit code {code}" in job.summary
    # An interrupt says nothing of the change.
    assert len(world.github.comments) == comments


def test_a_run_that_is_cancelled_writes_down_what_it_measured(world):
    """The runner tells nobody but the script; what it does to act can't be seen, so the script is run alone."""
    world.write({"loadline.yml": SCENARIO.replace("duration: 1s", "duration: 10m")})
    output, folder = world.root / "output", world.root / "folder"
    output.touch()
    folder.mkdir()
    variables = {
        "PATH": os.environ["PATH"], "LOADLINE_BINARY": str(BINARY), "LOADLINE_FOLDER": str(folder), "LOADLINE_FILES": "loadline.yml",
        "GITHUB_OUTPUT": str(output), "LOADLINE_ON_SATURATION": "warn",
    }  # fmt: skip
    log = (world.root / "log").open("w+")
    script = PROJECT / ".github/action/measure.sh"
    # Whoever was started in the background ignores SIGINT, and a shell cannot take that back.
    heeding = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    run = subprocess.Popen([script], cwd=world.work, env=variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=heeding)
    deadline = time.monotonic() + 60
    try:
        while "/s, 0 failed, p95" not in (world.root / "log").read_text():
            assert run.poll() is None and time.monotonic() < deadline, (world.root / "log").read_text()
            time.sleep(0.1)
    finally:
        run.send_signal(signal.SIGINT)
        ended = run.wait(60)
        log.close()
    assert ended == 0, (world.root / "log").read_text()
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert (outputs["exit-code"], outputs["verdict"]) == ("130", "interrupted"), outputs
    assert json.loads((folder / "report/record.json").read_text())["summary"]["requests"] > 0


def test_a_checkout_that_belongs_to_another_user_is_read(world):
    """As in a job with a container."""
    event = world.pull_request({"README.md": "more"})
    job = world.run("pull_request", event, comparison="history", environment={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert job.exit_code == 0 and world.base in job.log, str(job)


def test_a_checkout_that_fits_no_pull_request_is_refused(world):
    event = world.pull_request({"README.md": "more"})
    event["pull_request"]["head"]["sha"] = "1" * 40
    job = world.run("pull_request", event)
    assert job.exit_code == 2 and "Measure" not in of_the_action(job), str(job)
