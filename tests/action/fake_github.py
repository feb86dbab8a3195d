"""A GitHub that holds one repository: its git data is a real bare repository, everything else is in memory.

It is strict where GitHub is and where its API description says nothing: bodies that are too long, properties that it does not
know, calls without a token. `faults` makes it answer as GitHub does on a bad day.
"""

import base64
import json
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

TIME = "2026-01-02T03:04:05Z"
LONGEST_COMMENT = 65_536


@dataclass
class Fault:
    """Answers the next `times` calls that match with a status instead of what was asked for."""

    method: str
    path: str
    status: int
    message: str = "Server Error"
    headers: dict = field(default_factory=dict)
    times: int = 1


class Answer(Exception):
    def __init__(self, status, body, headers=None):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


def refuse(status, message):
    return Answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)})


SCHEMAS = json.loads((Path(__file__).parent / "github-api.json").read_text())["components"]["schemas"]


def sample(schema):
    """The least that GitHub's description takes for this schema; `schema` is a name or a part of the description."""
    if isinstance(schema, str):
        schema = SCHEMAS[schema]
    if "$ref" in schema:
        return sample(schema["$ref"].rsplit("/", 1)[1])
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return sample(schema[choice][0])
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in sample(part).items()}
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: sample(schema["properties"][name]) for name in schema.get("required", [])}
    formats = {"date-time": TIME, "uri": "https://github.example/", "email": "x@example.com"}
    return {"array": [], "integer": 1, "number": 1, "boolean": False}.get(kind, formats.get(schema.get("format"), "x"))


def user(login, kind="User"):
    return sample("simple-user") | {"login": login, "id": abs(hash(login)) % 10_000 + 1, "type": kind}


def merged(below, above):
    """One object over another, also in what they nest."""
    nested = {name: merged(below[name], value) for name, value in above.items() if isinstance(value, dict) and isinstance(below.get(name), dict)}
    return below | above | nested


class FakeGitHub:
    """`public` is the address that clients use, where it is not this server's own (Prism)."""

    def __init__(self, name="octocat/demo"):
        self.name, self.public, self.lock = name, None, threading.RLock()
        self.reset(None)
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                fake.handle(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self, repository: Path):
        """Forgets everything, and takes this bare git repository."""
        self.git_dir = repository
        self.comments, self.statuses, self.checks, self.faults, self.calls, self.pulls, self.labels = {}, [], [], [], [], {}, {}
        self.label_events, self.permissions, self.next_id = {}, {}, 1
        self.token_may_write = True

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # What tests arrange and look at.

    def comment(self, issue, body, login="someone", kind="User"):
        with self.lock:
            number, self.next_id = self.next_id, self.next_id + 1
            url = f"https://github.example/{self.name}/pull/{issue}#issuecomment-{number}"
            api = f"https://api.github.example/repos/{self.name}/issues"
            known = {"id": number, "url": f"{api}/comments/{number}", "html_url": url, "issue_url": f"{api}/{issue}"}
            self.comments[number] = sample("issue-comment") | known | {"user": user(login, kind), "body": body}
            return self.comments[number]

    def label(self, issue, name, by):
        """Somebody labels a pull request."""
        self.labels.setdefault(issue, []).append(name)
        event = sample("labeled-issue-event") | {"event": "labeled", "actor": user(by), "label": {"name": name, "color": "ededed"}}
        self.label_events.setdefault(issue, []).append(event)

    def comments_by_bots(self):
        return [comment for comment in self.comments.values() if comment["user"]["type"] == "Bot"]

    def writes(self, pattern=""):
        return [call for call in self.calls if call[0] != "GET" and re.search(pattern, call[1])]

    def git(self, *arguments, stdin=None, **environment):
        done = subprocess.run(
            ["git", "-C", str(self.git_dir), *arguments], input=stdin, capture_output=True, env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment}
        )
        if done.returncode:
            raise refuse(422, done.stderr.decode(errors="replace").strip())
        return done.stdout

    # HTTP.

    def handle(self, request):
        parts = urlsplit(request.path)
        length = int(request.headers.get("content-length") or 0)
        raw = request.rfile.read(length)
        path, query = unquote(parts.path), {key: values[0] for key, values in parse_qs(parts.query).items()}
        try:
            body = json.loads(raw) if raw else {}
            with self.lock:
                self.calls.append((request.command, path, body))
                self.fail_if_asked_to(request.command, path)
            if not request.headers.get("authorization"):
                raise refuse(401, "Requires authentication")
            if request.command != "GET" and not self.token_may_write:
                raise refuse(403, "Resource not accessible by integration")
            # Only comparing and setting a ref is one step; jobs race in everything before it, as they do at GitHub.
            status, answer, headers = self.route(request.command, path, query, body, request.headers.get("accept", ""))
        except Answer as answered:
            status, answer, headers = answered.status, answered.body, answered.headers
        except json.JSONDecodeError:
            status, answer, headers = 400, {"message": "Problems parsing JSON"}, {}
        content = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        request.send_response(status)
        kind = "application/vnd.github.raw" if isinstance(answer, bytes) else "application/json"
        for name, value in ({"content-type": kind, "content-length": str(len(content))} | headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def fail_if_asked_to(self, method, path):
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                fault.times -= 1
                raise Answer(fault.status, {"message": fault.message, "documentation_url": "https://docs.github.com/rest"}, fault.headers)

    def route(self, method, path, query, body, accept):
        if path == "/user":
            raise refuse(403, "Resource not accessible by integration")
        prefix = f"/repos/{self.name}"
        if not path.startswith(prefix):
            raise refuse(404, "Not Found")
        rest = path[len(prefix) :]
        for known, pattern, action in ROUTES:
            found = re.fullmatch(pattern, rest)
            if known == method and found:
                result = action(self, *found.groups(), query=query, body=body, accept=accept)
                return result if len(result) == 3 else (*result, {})
        raise refuse(404, "Not Found")

    def paged(self, rows, path, query):
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        headers = {}
        if page * size < len(rows):
            address = f"{self.public or self.url}/repos/{self.name}{path}?per_page={size}&page={page + 1}"
            headers["link"] = f'<{address}>; rel="next"'
        return 200, rows[(page - 1) * size : page * size], headers

    # Comments, statuses, labels, pull requests.

    def list_comments(self, issue, query, **_):
        rows = [comment for comment in self.comments.values() if comment["issue_url"].endswith(f"/{issue}")]
        return self.paged(rows, f"/issues/{issue}/comments", query)

    def create_comment(self, issue, body, **_):
        self.check_comment(body)
        return 201, self.comment(issue, body["body"], "github-actions[bot]", "Bot")

    def get_comment(self, number, **_):
        return 200, self.known_comment(number)

    def update_comment(self, number, body, **_):
        self.check_comment(body)
        self.known_comment(number)["body"] = body["body"]
        return 200, self.known_comment(number)

    def known_comment(self, number):
        if int(number) not in self.comments:
            raise refuse(404, "Not Found")
        return self.comments[int(number)]

    def check_comment(self, body):
        self.only(body, "body")
        if len(body.get("body", "")) > LONGEST_COMMENT:
            raise refuse(422, "Validation Failed: body is too long (maximum is 65536 characters)")

    def create_status(self, sha, body, **_):
        self.only(body, "state", "target_url", "description", "context")
        if len(body.get("description") or "") > 140:
            raise refuse(422, "Validation Failed: description is too long (maximum is 140 characters)")
        self.statuses.append((sha, body))
        return 201, sample("status") | body

    def create_check(self, body, **_):
        self.only(body, "name", "head_sha", "status", "conclusion", "details_url", "output")
        self.check_output(body["output"])
        self.checks.append(json.loads(json.dumps(body)))
        return 201, self.check_run(len(self.checks))

    def update_check(self, number, body, **_):
        self.only(body, "output")
        self.check_output(body["output"])
        self.checks[int(number) - 1]["output"]["annotations"] += body["output"]["annotations"]
        return 200, self.check_run(int(number))

    def check_run(self, number):
        known = self.checks[number - 1]
        return sample("check-run") | {"id": number, "name": known["name"], "head_sha": known["head_sha"], "conclusion": known["conclusion"], "status": known["status"]}

    def check_output(self, output):
        if len(output["summary"]) > 65_535 or len(output["annotations"]) > 50:
            raise refuse(422, "Invalid request.")

    def list_labels(self, issue, **_):
        return 200, [sample("label") | {"name": name} for name in self.labels.get(int(issue), [])]

    def list_label_events(self, issue, query, **_):
        return self.paged(self.label_events.get(int(issue), []), f"/issues/{issue}/events", query)

    def permission(self, login, **_):
        known = self.permissions.get(login, "read")
        return 200, sample("repository-collaborator-permission") | {"permission": known, "role_name": known}

    def get_pull(self, number, **_):
        if int(number) not in self.pulls:
            raise refuse(404, "Not Found")
        return 200, merged(sample("pull-request"), self.pulls[int(number)])

    def list_pulls(self, query, **_):
        rows = [merged(sample("pull-request-simple"), pull) for pull in self.pulls.values() if query.get("head") in (None, pull["head"]["label"])]
        return self.paged(rows, "/pulls", query)

    # Git data: GitHub's API on top of the plumbing of git.

    def get_ref(self, name, **_):
        sha = self.sha_of(name)
        return 200, self.ref(name, sha)

    def sha_of(self, name):
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/{name}").decode().strip()
        except Answer:
            raise refuse(404, "Not Found") from None

    def ref(self, name, sha):
        return sample("git-ref") | {"ref": f"refs/{name}", "object": {"sha": sha, "type": "commit", "url": "https://github.example/o"}}

    def create_ref(self, body, **_):
        self.only(body, "ref", "sha")
        with self.lock:
            try:
                self.git("update-ref", body["ref"], body["sha"], "0" * 40)
            except Answer:
                raise refuse(422, "Reference already exists") from None
        return 201, self.ref(body["ref"].removeprefix("refs/"), body["sha"])

    def update_ref(self, name, body, **_):
        self.only(body, "sha", "force")
        with self.lock:
            before = self.sha_of(name)
            if not body.get("force"):
                try:
                    self.git("merge-base", "--is-ancestor", before, body["sha"])
                except Answer:
                    raise refuse(422, "Update is not a fast forward") from None
            self.git("update-ref", f"refs/{name}", body["sha"], before)
        return 200, self.ref(name, body["sha"])

    def delete_ref(self, name, **_):
        self.git("update-ref", "-d", f"refs/{name}", self.sha_of(name))
        return 204, None

    def get_commit(self, sha, **_):
        return 200, self.commit(sha)

    def commit(self, sha):
        tree, parents = self.git("show", "-s", "--format=%T%n%P", sha).decode().split("\n")[:2]
        of_parent = SCHEMAS["git-commit"]["properties"]["parents"]["items"]
        known = {"sha": sha, "tree": {"sha": tree, "url": "https://github.example/t"}}
        return sample("git-commit") | known | {"parents": [sample(of_parent) | {"sha": one} for one in parents.split()]}

    def create_commit(self, body, **_):
        self.only(body, "message", "tree", "parents", "author", "committer", "signature")
        parents = [word for one in body.get("parents", []) for word in ("-p", one)]
        names = {f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        sha = self.git("commit-tree", body["tree"], *parents, "-m", body["message"], **names).decode().strip()
        return 201, self.commit(sha)

    def create_tree(self, body, **_):
        self.only(body, "base_tree", "tree")
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            if body.get("base_tree"):
                self.git("read-tree", body["base_tree"], **index)
            for entry in body["tree"]:
                self.only(entry, "path", "mode", "type", "sha", "content")
                if "content" in entry:
                    sha = self.git("hash-object", "-w", "--stdin", stdin=entry["content"].encode()).decode().strip()
                else:
                    sha = entry["sha"]
                if sha is None:
                    self.git("update-index", "--force-remove", entry["path"], **index)
                else:
                    self.git("update-index", "--add", "--cacheinfo", f"{entry['mode']},{sha},{entry['path']}", **index)
            sha = self.git("write-tree", **index).decode().strip()
        return 201, self.tree(sha, False)

    def get_tree(self, sha, query, **_):
        return 200, self.tree(sha, "recursive" in query)

    def tree(self, sha, recursive):
        rows = self.git("ls-tree", "--long", *(["-r", "-t"] if recursive else []), sha).decode().splitlines()
        entries = []
        for row in rows:
            about, path = row.split("\t", 1)
            mode, kind, one, size = about.split()
            entry = {"path": path, "mode": mode, "type": kind, "sha": one, "url": "https://github.example/t"}
            entries.append(entry | ({"size": int(size)} if size != "-" else {}))
        return sample("git-tree") | {"sha": self.git("rev-parse", f"{sha}^{{tree}}").decode().strip(), "tree": entries}

    def create_blob(self, body, **_):
        self.only(body, "content", "encoding")
        content = base64.b64decode(body["content"]) if body.get("encoding") == "base64" else body["content"].encode()
        return 201, {"url": "https://github.example/b", "sha": self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()}

    def get_contents(self, path, query, accept, **_):
        try:
            content = self.git("cat-file", "blob", f"{query.get('ref', 'HEAD')}:{path}")
        except Answer:
            raise refuse(404, "Not Found") from None
        if "raw" in accept:
            return 200, content
        raise refuse(415, "the tests ask for the raw media type only")

    def compare(self, base, head, **_):
        full = self.full_commit(self.git("merge-base", base, head).decode().strip())
        return 200, sample("commit-comparison") | {"base_commit": full, "merge_base_commit": full}

    def list_commits(self, query, **_):
        shas = self.git("rev-list", f"--max-count={query.get('per_page', 30)}", query.get("sha", "HEAD")).decode().split()
        return 200, [self.full_commit(sha) for sha in shas]

    def find_commit(self, name, **_):
        try:
            return 200, self.full_commit(self.git("rev-parse", "--verify", f"{name}^{{commit}}").decode().strip())
        except Answer:
            raise refuse(422, f"No commit found for SHA: {name}") from None

    def full_commit(self, sha):
        known = self.commit(sha)
        return sample("commit") | {"sha": sha, "parents": known["parents"]}

    @staticmethod
    def only(body, *known):
        unknown = set(body) - set(known)
        if unknown:
            raise refuse(422, f"Invalid request: {sorted(unknown)} are not permitted keys")


ROUTES = [
    ("GET", r"/issues/(\d+)/comments", FakeGitHub.list_comments),
    ("POST", r"/issues/(\d+)/comments", FakeGitHub.create_comment),
    ("GET", r"/issues/comments/(\d+)", FakeGitHub.get_comment),
    ("PATCH", r"/issues/comments/(\d+)", FakeGitHub.update_comment),
    ("GET", r"/issues/(\d+)/labels", FakeGitHub.list_labels),
    ("GET", r"/issues/(\d+)/(?:events|timeline)", FakeGitHub.list_label_events),
    ("GET", r"/collaborators/([^/]+)/permission", FakeGitHub.permission),
    ("POST", r"/statuses/([0-9a-f]{40})", FakeGitHub.create_status),
    ("POST", r"/check-runs", FakeGitHub.create_check),
    ("PATCH", r"/check-runs/(\d+)", FakeGitHub.update_check),
    ("GET", r"/pulls/(\d+)", FakeGitHub.get_pull),
    ("GET", r"/pulls", FakeGitHub.list_pulls),
    ("GET", r"/compare/(.+)\.\.\.(.+)", FakeGitHub.compare),
    ("GET", r"/commits", FakeGitHub.list_commits),
    ("GET", r"/commits/(.+)", FakeGitHub.find_commit),
    ("GET", r"/git/ref/(.+)", FakeGitHub.get_ref),
    ("POST", r"/git/refs", FakeGitHub.create_ref),
    ("PATCH", r"/git/refs/(.+)", FakeGitHub.update_ref),
    ("DELETE", r"/git/refs/(.+)", FakeGitHub.delete_ref),
    ("GET", r"/git/commits/([0-9a-f]+)", FakeGitHub.get_commit),
    ("POST", r"/git/commits", FakeGitHub.create_commit),
    ("POST", r"/git/trees", FakeGitHub.create_tree),
    ("GET", r"/git/trees/(.+)", FakeGitHub.get_tree),
    ("POST", r"/git/blobs", FakeGitHub.create_blob),
    ("GET", r"/contents/(.+)", FakeGitHub.get_contents),
]
