"""Pull requests from forks: measured with a token that may nothing, posted by a second workflow that runs nothing of theirs."""

import json
import shutil

from world import NUMBER, SCENARIO

FORK = "stranger/demo"
RUN = 99


def measure(world, files, **inputs):
    """The first stage, in the fork's own run, by default with no base. Gives the event of the second."""
    event = world.pull_request(files, FORK)
    world.github.token_may_write = False
    job = world.run("pull_request", event, **{"base": "none"} | inputs)
    world.github.token_may_write = True
    assert world.github.comments == {}
    world.github.pulls[NUMBER] = event["pull_request"]
    if (world.artifacts / "loadline-report").exists():
        shutil.move(world.artifacts / "loadline-report", world.artifacts / f"of-run-{RUN}/loadline-report")
    world.git("checkout", "--quiet", "main")
    run = {
        "id": RUN, "name": "loadline", "event": "pull_request", "conclusion": "success", "head_branch": "feature", "head_sha": world.head,
        "head_repository": world.repository(FORK), "repository": world.repository(), "pull_requests": [], "html_url": f"https://github.example/runs/{RUN}",
    }  # fmt: skip
    return job, {"action": "completed", "workflow_run": run, "repository": world.repository()}


def publish(world, event, **inputs):
    return world.run("workflow_run", event, mode="publish", scenario="loadline.yml", **inputs)


def on_main(world, scenario):
    world.write({"loadline.yml": scenario})
    world.base = world.commit("another scenario")
    world.git("push", "--quiet", "origin", "HEAD:main")


def test_what_a_fork_measured_is_posted_by_the_second_stage(world):
    job, event = measure(world, {"README.md": "more"})
    assert job.exit_code == 0, str(job)
    job = publish(world, event)
    assert job.exit_code == 0, str(job)
    (comment,) = world.github.comments_by_bots()
    assert comment["body"].startswith("<!-- loadline:shop -->")
    assert world.github.statuses == [] and job.outputs()["comment-url"] == comment["html_url"]


def test_a_fork_is_judged_by_the_thresholds_of_the_default_branch(world):
    on_main(world, SCENARIO.replace("error_rate < 1%", "p95 < 1us"))
    job, event = measure(world, {"loadline.yml": SCENARIO})
    assert job.exit_code == 0, "its own scenario is content"
    publish(world, event)
    assert "FAILED" in world.github.comments_by_bots()[0]["body"]


def test_a_fork_that_was_measured_beside_its_base_is_judged_by_that(world):
    on_main(world, SCENARIO + "paired: { budget: 8s, looks: 1 }\n")
    job, event = measure(world, {"README.md": "more"}, base=None)
    assert job.exit_code == 0 and world.base in job.log, str(job)
    job = publish(world, event)
    assert job.exit_code == 0, str(job)
    body = world.github.comments_by_bots()[0]["body"]
    assert "PASSED" in body and "paired: " in body and "the base that the fork's own workflow ran beside it" in body, body


def test_a_fork_is_judged_by_the_folder_of_baselines_where_its_own_run_was(world):
    assert world.run("push", world.push(), mode="baseline").exit_code == 0
    (path,) = world.files_on("loadline-data")
    record = world.git("show", f"loadline-data:{path}", folder=world.origin)
    world.git("update-ref", "-d", "refs/heads/loadline-data", folder=world.origin)
    world.write({f"baselines/{path}": record})
    world.base = world.commit("a baseline")
    world.git("push", "--quiet", "origin", "HEAD:main")
    job, event = measure(world, {"README.md": "more"}, base=None, comparison="history")
    assert job.exit_code == 0 and "no baseline" not in job.summary.lower(), str(job)
    job = publish(world, event)
    body = world.github.comments_by_bots()[0]["body"]
    assert job.exit_code == 0 and "no baseline" not in body.lower() and "baselines/main/shop" in body, body


def test_the_second_stage_takes_the_same_profile(world):
    load = "load: { users: 2, duration: 1s, warmup: 200ms }\n"
    on_main(world, SCENARIO.replace(load, "profiles: { quick: { users: 2, duration: 1s }, long: { users: 2, duration: 1h } }\n"))
    job, event = measure(world, {"README.md": "more"}, profile="quick")
    assert job.exit_code == 0, str(job)
    job = publish(world, event, profile="quick")
    assert job.exit_code == 0 and "PASSED" in world.github.comments_by_bots()[0]["body"], str(job)


def test_hostile_records_are_refused_or_tamed(world):
    _, event = measure(world, {"README.md": "more"})
    folder = world.artifacts / f"of-run-{RUN}/loadline-report"
    good = json.loads((folder / "record.json").read_text())

    def post(record):
        world.github.comments.clear()
        (folder / "record.json").write_text(record)
        job = publish(world, event)
        assert "Measure" not in [name for name, _ in job.steps]
        return job, "".join(comment["body"] for comment in world.github.comments_by_bots())

    for broken in ("{", "[]", '{"schema_version": 1}', "x" * (80 << 20), json.dumps(good).replace('"schema_version": 1', '"schema_version": 99')):
        _, body = post(broken)
        assert "PASSED" not in body, body[:500]
    evil = json.loads(json.dumps(good))
    evil["run"]["pull_request"] = 1
    evil["run"]["sha"] = "2" * 40
    for endpoint in evil["endpoints"]:
        endpoint["name"] = "</details><script>alert(1)</script> @octocat ![x](http://evil.example/x) | a\n# big"
    _, body = post(json.dumps(evil))
    assert "<script>" not in body and "](http://evil.example" not in body and "\n# big" not in body and " @octocat" not in body, body
    assert not [path for _, path, _ in world.github.writes() if "/issues/1/" in path], "the record decided where it is posted"


def test_a_record_of_another_commit_than_the_head_is_not_posted(world):
    _, event = measure(world, {"README.md": "more"})
    event["workflow_run"]["head_sha"] = "3" * 40
    publish(world, event)
    assert world.github.comments == {}


def test_a_strangers_code_in_a_privileged_run_is_refused(world):
    event = world.pull_request({"README.md": "more"}, FORK)
    world.git("checkout", "--quiet", "--detach", world.head)
    job = world.run("pull_request_target", event)
    assert job.exit_code == 2 and "pull_request_target" in job.log, str(job)
