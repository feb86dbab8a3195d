"""A repository with an origin, a GitHub behind a check of every call, and `act`, which runs workflows on this machine.

What differs from GitHub: `act` hands `INPUT_*` and a token of its own to every step, and ignores `permissions`, `required` and
`concurrency`; the actions that move artifacts are replaced by copies to a folder.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
TOOLS = Path(os.environ["LOADLINE_TOOLS"])
BINARY = Path(os.environ["LOADLINE_BINARY"])
NAME = "octocat/demo"
NUMBER = 7

# Runs of a second on a machine that does something else: what matters is that they are compared, not what comes of it.
LENIENT = "baseline: { regression: { p50: 900%, p95: 900%, throughput: 95%, error_rate: 50pp } }\n"
SCENARIO = LENIENT + """\
name: shop
target: http://127.0.0.1:${PORT}
service:
  command: sh serve.sh
  port: auto
  ready: { get: /health, within: 20s }
users:
  visitor:
    tasks:
      - { weight: 2, get: /products/ }
      - { get: /courses }
load: { users: 2, duration: 1s, warmup: 200ms }
thresholds:
  all: [error_rate < 1%]
"""

# One use of the action as a user would write it.
WORKFLOW = {
    "name": "loadline",
    "on": ["pull_request", "pull_request_target", "push", "workflow_dispatch", "workflow_run"],
    "permissions": {},
    "jobs": {
        "load": {
            "runs-on": "ubuntu-24.04",
            "steps": [
                {"uses": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"},
                {"uses": "OWNER/loadline@v0", "id": "loadline", "with": {}},
            ],
        }
    },
}

UPLOAD = """\
name: upload
inputs: { name: {}, path: {}, retention-days: {}, if-no-files-found: {} }
outputs: { artifact-url: { value: "${{ steps.copy.outputs.artifact-url }}" } }
runs:
  using: composite
  steps:
    - id: copy
      shell: bash
      env: { NAME: "${{ inputs.name }}", FOLDER: "${{ inputs.path }}", DAYS: "${{ inputs.retention-days }}" }
      run: |
        mkdir -p "$FAKE_ARTIFACTS/$NAME" && cp -r "$FOLDER/." "$FAKE_ARTIFACTS/$NAME/"
        echo "artifact-url=https://github.example/artifacts/$NAME?days=$DAYS" >>"$GITHUB_OUTPUT"
"""

DOWNLOAD = """\
name: download
inputs: { name: {}, path: {}, run-id: {}, github-token: {} }
runs:
  using: composite
  steps:
    - shell: bash
      env: { NAME: "${{ inputs.name }}", FOLDER: "${{ inputs.path }}", RUN: "${{ inputs.run-id }}" }
      run: mkdir -p "$FOLDER" && cp -r "$FAKE_ARTIFACTS/of-run-$RUN/$NAME/." "$FOLDER/"
"""


@dataclass
class Job:
    """What one run of a workflow did."""

    lines: list
    succeeded: bool
    artifacts: Path

    def outputs(self, step="loadline"):
        found = [line for line in self.lines if line.get("command") == "set-output" and line.get("stepID") == [step]]
        return {line["name"]: line["arg"] for line in found}

    def annotations(self, *commands):
        return [line["raw"].strip() for line in self.lines if line.get("command") in (commands or ("error", "warning"))]

    @property
    def exit_code(self):
        """What the step exited with that failed; 0 where none did."""
        codes = [re.fullmatch(r"exit status (\d+)", line["msg"]) for line in self.lines]
        return next((int(found[1]) for found in codes if found), 0)

    @property
    def log(self):
        return "".join(line["msg"] if line.get("raw_output") else line.get("raw", "") for line in self.lines)

    @property
    def steps(self):
        """Names of the steps that ran, with their results."""
        done = [re.match(r"\s*\S+\s+(Success|Failure) - Main (.+?) \[", line.get("msg", ""), re.DOTALL) for line in self.lines]
        return [(found[2], found[1]) for found in done if found]

    @property
    def summary(self):
        begin = "  ⚙  Summary - "
        return "\n".join(line["msg"].removeprefix(begin) for line in self.lines if line["msg"].startswith(begin))

    def __str__(self):
        return "\n".join(line.get("msg", "").rstrip() for line in self.lines)


class World:
    def __init__(self, root: Path, github, api):
        self.root, self.home, self.github, self.api = root, root / "home", github, api
        self.origin, self.artifacts = root / f"{NAME}.git", root / "artifacts"
        for folder in (self.home, self.artifacts):
            folder.mkdir(parents=True)
        self.actions = {"OWNER/loadline@v0": self.copy_of_the_action()}
        for pin in re.findall(r"uses: (actions/(?:upload|download)-artifact@\w+)", (PROJECT / "action.yml").read_text()):
            folder = root / pin.replace("/", "-").split("@")[0]
            folder.mkdir()
            (folder / "action.yml").write_text(UPLOAD if "upload" in pin else DOWNLOAD)
            self.actions[pin] = folder
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), folder=root)
        self.work = root / "work"
        self.git("clone", "--quiet", self.address, str(self.work), folder=root)
        self.write({"loadline.yml": SCENARIO, "serve.sh": "exec loadline demo --listen 127.0.0.1:$PORT\n"})
        self.base = self.commit("the first commit")
        self.git("push", "--quiet", "origin", "HEAD:main")
        github.reset(self.origin)

    @property
    def address(self):
        return self.origin.as_uri()

    def copy_of_the_action(self):
        """As much of the project as the action is: `act` copies all of it for every run."""
        folder = self.root / "action"
        shutil.copytree(PROJECT / ".github/action", folder / ".github/action")
        for name in ("action.yml", "Cargo.toml"):
            shutil.copy(PROJECT / name, folder / name)
        return folder

    # The repository.

    def git(self, *arguments, folder=None):
        settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *settings, *arguments], cwd=folder or self.work, capture_output=True, text=True)
        assert done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    def write(self, files, folder=None):
        for name, content in files.items():
            path = (folder or self.work) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, **files):
        """A commit on main, checked out as a workflow's checkout does it. Gives the event."""
        before = self.git("rev-parse", "HEAD")
        self.write(files)
        sha = self.commit("a push")
        self.git("push", "--quiet", "origin", "HEAD:main")
        return {"ref": "refs/heads/main", "before": before, "after": sha, "repository": self.repository()}

    def pull_request(self, files, head_repository=NAME):
        """A branch with changes, and the merge commit that GitHub makes of it, checked out at depth 1. Gives the event."""
        self.git("checkout", "--quiet", "-B", "feature", self.base)
        self.write(files)
        self.head = self.commit("the change")
        self.git("checkout", "--quiet", "--detach", self.base)
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", self.head)
        merge = self.git("rev-parse", "HEAD")
        self.git("push", "--quiet", "--force", "origin", f"{merge}:refs/pull/{NUMBER}/merge", f"{self.head}:refs/heads/feature")
        shutil.rmtree(self.root / "checkout", ignore_errors=True)
        checkout = self.root / "checkout"
        self.git("init", "--quiet", str(checkout), folder=self.root)
        self.git("remote", "add", "origin", self.address, folder=checkout)
        self.git("fetch", "--quiet", "--depth=1", "origin", f"+{merge}:refs/remotes/pull/{NUMBER}/merge", folder=checkout)
        self.git("checkout", "--quiet", "--force", f"refs/remotes/pull/{NUMBER}/merge", folder=checkout)
        owner = head_repository.split("/")[0]
        pull = {
            "number": NUMBER, "state": "open", "html_url": f"https://github.example/{NAME}/pull/{NUMBER}",
            "head": {"ref": "feature", "sha": self.head, "label": f"{owner}:feature", "repo": self.repository(head_repository)},
            "base": {"ref": "main", "sha": self.base, "label": "octocat:main", "repo": self.repository()},
        }  # fmt: skip
        return {"action": "synchronize", "number": NUMBER, "pull_request": pull, "repository": self.repository()}

    @staticmethod
    def repository(name=NAME):
        return {"full_name": name, "name": name.split("/")[1], "owner": {"login": name.split("/")[0]}, "default_branch": "main", "fork": name != NAME}

    def files_on(self, branch):
        return self.git("ls-tree", "-r", "--name-only", branch, folder=self.origin).splitlines()

    # Workflows.

    def run(self, event_name, event, folder=None, workflow=None, environment=None, **inputs):
        """Runs a workflow, by default one that uses the action once with these inputs (`_` for `-`)."""
        folder = folder or (self.root / "checkout" if event_name == "pull_request" else self.work)
        if workflow is None:
            use = json.loads(json.dumps(WORKFLOW))
            given = {"binary-path": str(BINARY)} | {name.replace("_", "-"): value for name, value in inputs.items()}
            use["jobs"]["load"]["steps"][1]["with"] = {name: value for name, value in given.items() if value is not None}
            workflow = self.root / "workflow.yml"
            workflow.write_text(yaml.safe_dump(use, sort_keys=False))
        (self.root / "event.json").write_text(json.dumps(event))
        # Tests run on machines that are slow and busy.
        variables = {
            "GITHUB_API_URL": self.api.url, "GITHUB_REPOSITORY": NAME, "FAKE_ARTIFACTS": str(self.artifacts),
            "LOADLINE_ON_SATURATION": "warn", "NO_COLOR": "1",
        } | (environment or {})  # fmt: skip
        command = [TOOLS / "venv/bin/act", event_name, "-W", workflow, "-e", self.root / "event.json", "--json", "--no-cache-server"]
        command += ["-P", "ubuntu-24.04=-self-hosted", "-s", "GITHUB_TOKEN=a-t0ken-of-the-job"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        for name, path in self.actions.items():
            command += ["--local-repository", f"{name}={path}"]
        for name, value in event.get("inputs", {}).items():
            command += ["--input", f"{name}={value}"]
        outside = {"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / ".cache"), "GIT_PAGER": "cat"}
        done = subprocess.run([str(word) for word in command], cwd=folder, env=outside, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        lines = [json.loads(line) for line in done.stdout.splitlines() + done.stderr.splitlines() if line.startswith("{")]
        assert any("jobResult" in line for line in lines), done.stdout + done.stderr
        return Job(lines, done.returncode == 0, self.artifacts)


class Prism:
    """Checks every call, and every answer, against GitHub's own description of its API."""

    def __init__(self, upstream, root):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(root / "prism.log", "w+")
        program = TOOLS / "node_modules/.bin/prism"
        command = [program, "proxy", "-h", "127.0.0.1", "-p", str(port), "--errors", HERE / "github-api.json", upstream]
        self.process = subprocess.Popen([str(word) for word in command], stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/rate_limit")
            except urllib.error.HTTPError:
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, (root / "prism.log").read_text()
                time.sleep(0.1)
            else:
                return

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
