"""The change beside its base: built, started and loaded on the same machine."""

import os
import subprocess

from world import LENIENT, NUMBER, PROJECT, SCENARIO

PAIRED = SCENARIO.removeprefix(LENIENT) + "paired: { budget: 15s }\n"


def arrange(world):
    world.write({"loadline.yml": PAIRED})
    world.base = world.commit("a scenario for pairs")
    world.git("push", "--quiet", "origin", "HEAD:main")


def test_a_change_that_is_slower_than_its_base_fails(world):
    arrange(world)
    event = world.pull_request({"serve.sh": "exec loadline demo --listen 127.0.0.1:$PORT --defect slow=200%\n"})
    job = world.run("pull_request", event)
    assert job.exit_code == 1, str(job)
    assert job.outputs()["verdict"] == "failed" and int(job.outputs()["regressions"]) > 0
    assert world.base in job.log, "the base is not named"
    assert "regressed" in world.github.comments_by_bots()[0]["body"]
    # Somebody who may decide that accepts it.
    world.github.permissions["maintainer"] = "write"
    world.github.label(NUMBER, "perf-accepted", "maintainer")
    job = world.run("pull_request", event)
    assert job.exit_code == 0, str(job)
    assert "maintainer" in world.github.comments_by_bots()[0]["body"]


def test_a_change_that_changes_nothing_passes(world):
    arrange(world)
    # One look is enough to find nothing.
    event = world.pull_request({"loadline.yml": PAIRED.replace("budget: 15s", "budget: 15s, looks: 1")})
    # A hook is code of the repository, which gets no token.
    hook = world.root / "checkout/.git/hooks/post-checkout"
    hook.write_text('#!/bin/sh\ntouch "$FAKE_ARTIFACTS/hooked"\nexit 1\n')
    hook.chmod(0o755)
    job = world.run("pull_request", event)
    assert job.exit_code == 0 and job.annotations() == [], str(job)
    assert job.outputs()["regressions"] == "0" and not (world.artifacts / "hooked").exists()


def test_options_of_a_load_without_a_base_are_passed_over_beside_one(world):
    arrange(world)
    event = world.pull_request({"loadline.yml": PAIRED.replace("budget: 15s", "budget: 15s, looks: 1")})
    names = ["LOADLINE_DURATION", "LOADLINE_WARMUP", "LOADLINE_SPAWN_RATE", "LOADLINE_ITERATIONS"]
    job = world.run("pull_request", event, environment=dict(zip(names, ["1m", "5s", "2/s", "50"])))
    assert job.exit_code == 0, str(job)
    assert all(f"{name} is not used beside a base" in job.log for name in names), str(job)


def test_a_base_that_the_workflow_names_has_a_budget_and_no_duration(tmp_path):
    # In place of loadline: what it is told.
    program = tmp_path / "loadline"
    program.write_text("#!/bin/sh\nenv\n")
    program.chmod(0o755)
    fixed = {
        "PATH": os.environ["PATH"], "LOADLINE_BINARY": str(program), "LOADLINE_FOLDER": str(tmp_path), "LOADLINE_FILES": "",
        "GITHUB_OUTPUT": str(tmp_path / "output"), "LOADLINE_BUDGET": "2m", "LOADLINE_DURATION": "1m",
    }  # fmt: skip

    def told(**variables):
        script = PROJECT / ".github/action/measure.sh"
        done = subprocess.run([script], env=fixed | variables, capture_output=True, text=True, cwd=tmp_path, check=True)
        return {name for name in ("LOADLINE_BUDGET", "LOADLINE_DURATION") if f"\n{name}=" in done.stdout}

    assert told() == {"LOADLINE_DURATION"}
    for name in ("LOADLINE_BASE", "LOADLINE_BASE_DIR", "LOADLINE_BASE_COMMAND"):
        assert told(**{name: "x"}) == {"LOADLINE_BUDGET"}, name


def test_a_base_that_cannot_be_had_falls_back_to_stored_runs(world):
    arrange(world)
    event = world.pull_request({"README.md": "more"})
    world.git("remote", "set-url", "origin", "file:///nowhere", folder=world.root / "checkout")
    job = world.run("pull_request", event)
    assert job.exit_code == 0, str(job)
    assert any("stored runs instead" in text for text in job.annotations("warning")), job.annotations()
