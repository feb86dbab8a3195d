"""Baselines of a branch: written by pushes, read by everything else, lost by nobody."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from fake_github import Fault
from world import BINARY, NAME, SCENARIO

BRANCH = "loadline-data"


def records(world):
    return [path for path in world.files_on(BRANCH) if path.endswith(".json")]


def test_pushes_are_stored_and_pull_requests_are_compared_with_them(world):
    for _ in range(2):
        job = world.run("push", world.push(), mode="baseline")
        assert job.exit_code == 0, str(job)
    assert len(records(world)) == 2 and all(path.startswith("main/shop/") for path in records(world))
    world.base = world.git("rev-parse", "HEAD")
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), comparison="history")
    assert job.exit_code == 0, str(job)
    record = json.loads((world.artifacts / "loadline-report/record.json").read_text())
    assert record["comparison"] is not None and "no baseline" not in job.summary.lower(), job.summary
    assert len(records(world)) == 2, "a pull request wrote a baseline"
    assert not [path for method, path, _ in world.github.calls if method == "GET" and "/contents/" in path], "git has all of them at once"
    job = world.run("workflow_dispatch", {"ref": "refs/heads/main", "repository": world.repository(), "inputs": {}})
    assert job.exit_code == 0, str(job)
    assert len(records(world)) == 2


def test_records_that_git_cannot_fetch_come_through_the_api(world):
    assert world.run("push", world.push(), mode="baseline").exit_code == 0
    world.base = world.git("rev-parse", "HEAD")
    event = world.pull_request({"README.md": "more"})
    world.git("remote", "set-url", "origin", "file:///nowhere", folder=world.root / "checkout")
    job = world.run("pull_request", event, comparison="history")
    assert job.exit_code == 0 and "no baseline" not in job.summary.lower(), str(job)
    assert [path for method, path, _ in world.github.calls if method == "GET" and "/contents/" in path]


def test_a_part_of_the_records_is_no_baseline(world):
    for _ in range(2):
        assert world.run("push", world.push(), mode="baseline").exit_code == 0
    world.base = world.git("rev-parse", "HEAD")
    event = world.pull_request({"README.md": "more"})
    world.git("remote", "set-url", "origin", "file:///nowhere", folder=world.root / "checkout")
    oldest = min(records(world))
    world.github.faults = [Fault("GET", f"/contents/{oldest}", 429, "", {"retry-after": "4000"}, times=9)]
    job = world.run("pull_request", event, comparison="history")
    assert job.exit_code == 0 and "no baseline" in job.summary.lower(), str(job)
    assert any("stored baselines could not be read" in text for text in job.annotations("warning"))


def test_variables_of_the_job_say_how_with_what_and_with_which_branch_is_compared(world):
    assert world.run("push", world.push(), mode="baseline").exit_code == 0
    (path,) = records(world)
    stored = path.replace("main/", "release/", 1)
    event = world.pull_request({f"load/stored/{stored}": world.git("show", f"{BRANCH}:{path}", folder=world.origin)})
    variables = {"LOADLINE_COMPARISON": "history", "LOADLINE_STORE": "load/stored", "LOADLINE_BASELINE_BRANCH": "release"}
    job = world.run("pull_request", event, environment=variables)
    assert job.exit_code == 0, str(job)
    comparison = json.loads((world.artifacts / "loadline-report/record.json").read_text())["comparison"]
    assert (comparison["source"], comparison["records"]) == ("load/stored/release/shop", 1), comparison
    # A store on a branch is read by the step that has the token.
    variables = {"LOADLINE_COMPARISON": "history", "LOADLINE_STORE": f"branch:{BRANCH}"}
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), environment=variables, data_branch="", base="")
    comparison = json.loads((world.artifacts / "loadline-report/record.json").read_text())["comparison"]
    assert job.exit_code == 0 and comparison["records"] == 1, str(job)


def test_a_first_run_has_no_baseline_and_says_so(world):
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), comparison="history")
    assert job.exit_code == 0, str(job)
    assert "no baseline" in job.summary.lower()
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), comparison="history", environment={"LOADLINE_ON_MISSING_BASELINE": "fail"})
    assert job.exit_code == 1


def test_a_failed_run_is_stored_and_an_invalid_one_is_not(world):
    job = world.run("push", world.push(**{"loadline.yml": SCENARIO.replace("error_rate < 1%", "p95 < 1us")}), mode="baseline")
    assert job.exit_code == 1 and len(records(world)) == 1, str(job)
    job = world.run("push", world.push(**{"serve.sh": "exit 1\n"}), mode="baseline")
    assert job.exit_code == 3 and len(records(world)) == 1, str(job)
    assert "Save the baseline" not in [name for name, _ in job.steps]


def test_a_pull_request_that_asks_to_write_is_refused_and_keeps_its_verdict(world):
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), mode="baseline")
    assert job.exit_code == 0, str(job)
    assert any("saved no baseline" in text for text in job.annotations("warning"))
    assert not [call for call in world.github.writes("/git/")]


def test_two_writers_at_a_time_lose_nothing(world):
    job = world.run("pull_request", world.pull_request({"README.md": "more"}), base="none")
    record = json.loads((world.artifacts / "loadline-report/record.json").read_text())
    assert job.exit_code == 0, str(job)
    writes = len(world.github.writes("/git/"))

    def save(number):
        path = world.root / f"record-{number}.json"
        record["run"]["id"] = f"race-{number}"
        record["run"]["started_at"] = f"2026-02-03T04:{number:02}:00Z"
        path.write_text(json.dumps(record))
        environment = {
            "PATH": os.environ["PATH"], "GITHUB_TOKEN": "t", "GITHUB_API_URL": world.api.url, "GITHUB_REPOSITORY": NAME, "GITHUB_EVENT_NAME": "push",
        }  # fmt: skip
        command = [BINARY, "baseline", "save", "--store", f"branch:{BRANCH}", "--branch", "main", path]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=world.root)

    # Prism is one process: this is the number of jobs, not of calls, at a time.
    with ThreadPoolExecutor(2) as jobs:
        for race in range(20):
            done = list(jobs.map(save, (2 * race, 2 * race + 1)))
            assert [one.returncode for one in done] == [0, 0], done
            assert len(records(world)) == 2 * (race + 1), done
    assert world.git("rev-list", "--count", BRANCH, folder=world.origin) == "40"
    # The same with somebody who squashes the branch.
    environment = {"PATH": os.environ["PATH"], "GITHUB_TOKEN": "t", "GITHUB_API_URL": world.api.url, "GITHUB_REPOSITORY": NAME}
    prune = [BINARY, "baseline", "prune", "--store", f"branch:{BRANCH}", "--keep", "99", "--squash"]
    with ThreadPoolExecutor(2) as jobs:
        for race in range(40, 45):
            squashed = jobs.submit(subprocess.run, prune, env=environment, capture_output=True, text=True, cwd=world.root)
            assert jobs.submit(save, race).result().returncode == 0
            assert squashed.result().returncode == 0, squashed.result()
            assert len(records(world)) == race + 1
    assert int(world.git("rev-list", "--count", BRANCH, folder=world.origin)) <= 2
    refused = [call for call in world.github.writes("/git/refs")]
    assert len(refused) > 40, f"nobody raced: {len(world.github.writes('/git/')) - writes} writes"


SLOW = "exec loadline demo --listen 127.0.0.1:$PORT --defect delay=300ms\n"
WAIVERS = "waivers:\n" + "".join(
    f"  - {{ scenario: shop, endpoint: {endpoint}, metric: {metric}, ceiling: 30s, until: 2999-12-31, reason: a slow friend }}\n"
    for endpoint in ("all", "GET /products/", "GET /courses")
    for metric in ("p50", "p95", "p99")
)


def test_a_waiver_counts_from_the_base_and_one_that_the_change_adds_is_shown(world):
    # Arrivals, so that a slow service gets as many requests.
    arrivals = SCENARIO.replace("users: 2, duration: 1s", "rate: 60/s, max_users: 200, duration: 3s")
    assert world.run("push", world.push(**{"loadline.yml": arrivals}), mode="baseline").exit_code == 0
    world.base = world.git("rev-parse", "HEAD")
    changes = {"serve.sh": SLOW, ".loadline/waivers.yml": WAIVERS}

    def judged(files, head_repository=NAME):
        job = world.run("pull_request", world.pull_request(files, head_repository), comparison="history")
        record = json.loads((world.artifacts / "loadline-report/record.json").read_text())
        rows = [row for row in record["comparison"]["contrasts"] if row.get("accepted")]
        return job.exit_code, bool(rows), any(row["accepted"].get("is_added") for row in rows)

    assert judged({"serve.sh": SLOW}) == (1, False, False)
    assert judged(changes) == (0, True, True)
    assert "by a waiver that this change adds" in world.github.comments_by_bots()[0]["body"]
    assert judged(changes, "stranger/demo") == (1, False, False), "a fork accepted its own regression"
    world.git("checkout", "--quiet", "main")
    world.push(**{".loadline/waivers.yml": WAIVERS})
    world.base = world.git("rev-parse", "HEAD")
    assert judged({"serve.sh": SLOW}, "stranger/demo") == (0, True, False)


def test_no_base_is_no_comparison_also_where_there_are_records(world):
    job = world.run("push", world.push(), mode="baseline")
    assert job.exit_code == 0, str(job)
    (path,) = records(world)
    files = {f"baselines/{path}": world.git("show", f"{BRANCH}:{path}", folder=world.origin)}
    for base, compared in [("none", False), ("auto", True)]:
        job = world.run("pull_request", world.pull_request(files), base=base, comparison="history", data_branch="")
        assert job.exit_code == 0, str(job)
        record = json.loads((world.artifacts / "loadline-report/record.json").read_text())
        assert (record.get("comparison") is not None) == compared, base


def test_a_bad_day_of_the_api_costs_a_retry_and_not_the_record(world):
    world.github.faults = [
        Fault("GET", "/git/ref/", 502),
        Fault("POST", "/git/trees", 500),
        Fault("POST", "/git/commits", 429, "You have exceeded a secondary rate limit", {"retry-after": "1"}),
        Fault("POST", "/git/refs", 422, "Reference already exists"),
    ]
    job = world.run("push", world.push(), mode="baseline")
    assert job.exit_code == 0 and len(records(world)) == 1, str(job)
    world.github.faults = [Fault("PATCH", "/git/refs/", 409, "Conflict", times=2)]
    job = world.run("push", world.push(), mode="baseline")
    assert job.exit_code == 0 and len(records(world)) == 2, str(job)
    assert all(fault.times == 0 for fault in world.github.faults)
