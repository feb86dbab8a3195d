"""This repository's own workflow, on this repository. Only the compiler is replaced: by one that copies what is built already."""

import json
import os
import shutil
import subprocess

import pytest

from world import BINARY, PROJECT

# A tree with a file `defect` is built into a program whose API is slower.
CARGO = f"""\
#!/bin/sh
mkdir -p target/release && rm -f target/release/loadline
if [ -e defect ]; then
    printf '#!/bin/sh\\nif [ "$1" = demo ]; then shift; exec {BINARY} demo --defect slow=200%% "$@"; fi\\nexec {BINARY} "$@"\\n' >target/release/loadline
    chmod +x target/release/loadline
else
    cp {BINARY} target/release/loadline
fi
"""


@pytest.fixture
def here(world):
    """The tracked files of this repository as the base, and a compiler that takes no time."""
    world.git("rm", "--quiet", "-r", ".")
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        if (PROJECT / name).is_file():
            (world.work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, world.work / name)
    world.base = world.commit("the project")
    world.git("push", "--quiet", "origin", "HEAD:main")
    tools = world.root / "tools"
    world.write({"cargo": CARGO, "rustup": "#!/bin/sh\n"}, tools)
    for name in ("cargo", "rustup"):
        (tools / name).chmod(0o755)
    world.path = f"{tools}:{os.environ['PATH']}"
    return world


SUITES = [PROJECT / f"perf/{name}.yml" for name in ("shop", "courses")]


def suites(before, after):
    """Both suites with another text in one place."""
    for suite in SUITES:
        assert before in suite.read_text(), suite
    return {f"perf/{suite.name}": suite.read_text().replace(before, after) for suite in SUITES}


def run(world, event_name, event):
    workflow = ".github/workflows/perf.yml"
    return world.run(event_name, event, workflow=workflow, environment={"PATH": world.path, "LOADLINE_BUDGET": "12s"})


def test_runs_on_demand_do_what_the_form_says(here):
    inputs = {"suite": "shop", "profile": "quick", "users": "3", "duration": "2s", "seed": "false", "environment": "local"}
    event = {"ref": "refs/heads/main", "repository": here.repository(), "inputs": inputs}
    for _ in range(2):
        job = run(here, "workflow_dispatch", event)
        assert job.succeeded and "PASSED" in job.log, str(job)
        record = json.loads((here.artifacts / "loadline-report/record.json").read_text())
        assert record["scenario"]["name"] == "perf-shop" and record["scenario"]["profile"] == "quick"
        assert record["sent"]["setup"] == 1, record["sent"]


def test_a_push_stores_baselines_of_both_suites(here):
    job = run(here, "push", here.push(**suites("duration: 30s, warmup: 5s", "duration: 2s, warmup: 1s")))
    assert job.succeeded, str(job)
    stored = here.files_on("loadline-data")
    assert [sum(path.startswith(f"main/{suite}/") for path in stored) for suite in ("perf-shop", "perf-courses")] == [1, 1], stored


def test_pull_requests_are_judged_beside_their_base_twice_in_a_row(here):
    # One look is enough to find nothing.
    same = suites("thresholds:\n", "paired: { looks: 1 }\nthresholds:\n")
    for files, passes in [(same, True), ({"defect": ""}, False)] * 2:
        job = run(here, "pull_request", here.pull_request(files))
        assert job.succeeded == passes, str(job)
        assert job.exit_code == (0 if passes else 1), str(job)
