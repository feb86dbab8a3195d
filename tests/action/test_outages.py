"""The verdict never depends on GitHub: whatever it answers, the exit code is that of the run, and the log says what to do."""

import pytest

from fake_github import Fault


@pytest.fixture
def event(world):
    return world.pull_request({"README.md": "more"})


def runs_and_warns(world, event, **options):
    job = world.run("pull_request", event, base="none", **options)
    assert job.exit_code == 0 and job.outputs()["verdict"] == "passed", str(job)
    assert "PASSED" in job.summary
    return job


def test_a_missing_permission_names_the_line_to_add(world, event):
    world.github.token_may_write = False
    job = runs_and_warns(world, event, status="true", check_run="true")
    for line in ("pull-requests: write", "statuses: write", "checks: write"):
        assert f"add `{line}` to the job's `permissions:`" in job.log, job.log


def test_an_api_that_is_down(world, event):
    job = runs_and_warns(world, event, environment={"GITHUB_API_URL": "http://127.0.0.1:9"})
    assert "GitHub can't be reached" in job.log and "look at the network and at GITHUB_API_URL" in job.log


def test_an_api_that_fails(world, event):
    world.github.faults = [Fault("GET", "/", 503, times=1000), Fault("POST", "/", 503, times=1000)]
    log = runs_and_warns(world, event).log
    assert "GitHub answered 503" in log and "run it again later" in log
    assert world.github.comments == {}


def test_a_rate_limit_is_waited_for(world, event):
    world.github.faults = [Fault("POST", "/comments", 429, "You have exceeded a secondary rate limit", {"retry-after": "1"})]
    runs_and_warns(world, event)
    assert len(world.github.comments_by_bots()) == 1


def test_no_token(world, event):
    assert "GITHUB_TOKEN: ${{ github.token }}" in runs_and_warns(world, event, token="").log
    assert world.github.comments == {}


def test_a_comment_that_somebody_deleted_is_made_again(world, event):
    runs_and_warns(world, event)
    world.github.faults = [Fault("PATCH", "/issues/comments/", 404, "Not Found")]
    runs_and_warns(world, event)
    assert len(world.github.comments_by_bots()) == 2
