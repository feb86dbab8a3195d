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


def user(login, kind="User"):
    urls = ["html_url", "followers_url", "following_url", "gists_url", "starred_url", "subscriptions_url", "organizations_url"]
    urls += ["url", "repos_url", "events_url", "received_events_url", "avatar_url"]
    known = {"login": login, "id": abs(hash(login)) % 10_000 + 1, "node_id": "N", "gravatar_id": "", "type": kind, "site_admin": False}
    return known | {name: f"https://github.example/{login}" for name in urls}


class FakeGitHub:
    """`repository` is the bare git repository behind `owner/name`."""

    def __init__(self, repository: Path, name="octocat/demo"):
        self.git_dir, self.name = repository, name
        self.lock = threading.RLock()
        self.comments, self.statuses, self.faults, self.calls, self.pulls, self.labels = {}, [], [], [], {}, {}
        self.label_events, self.permissions, self.next_id = {}, {}, 1
        self.token_may_write = True
        self.public = None  # the address that clients use, where it is not this server's own (Prism)
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

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # What tests arrange and look at.

    def comment(self, issue, body, login="someone", kind="User"):
        with self.lock:
            number, self.next_id = self.next_id, self.next_id + 1
            url = f"https://github.example/{self.name}/pull/{issue}#issuecomment-{number}"
            api = f"https://api.github.example/repos/{self.name}/issues"
            self.comments[number] = {
                "id": number, "node_id": "C", "url": f"{api}/comments/{number}", "html_url": url, "issue_url": f"{api}/{issue}",
                "user": user(login, kind), "body": body, "created_at": TIME, "updated_at": TIME, "author_association": "NONE",
            }  # fmt: skip
            return self.comments[number]

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
        url = f"https://api.github.example/repos/{self.name}/statuses/{sha}"
        made = {"id": 1, "node_id": "S", "url": url, "avatar_url": None, "created_at": TIME, "updated_at": TIME, "creator": user("octocat")}
        return 201, {"target_url": None, "description": None, "context": "default"} | body | made

    def list_labels(self, issue, **_):
        rows = [
            {"id": 1, "node_id": "L", "url": "https://github.example/l", "name": name, "description": None, "color": "ededed", "default": False}
            for name in self.labels.get(int(issue), [])
        ]
        return 200, rows

    def list_label_events(self, issue, query, **_):
        return self.paged(self.label_events.get(int(issue), []), f"/issues/{issue}/events", query)

    def permission(self, login, **_):
        known = self.permissions.get(login, "read")
        return 200, {"permission": known, "role_name": known, "user": None}

    def get_pull(self, number, **_):
        if int(number) not in self.pulls:
            raise refuse(404, "Not Found")
        return 200, self.pulls[int(number)]

    def list_pulls(self, query, **_):
        rows = [pull for pull in self.pulls.values() if query.get("head") in (None, pull["head"]["label"])]
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
        return {"ref": f"refs/{name}", "node_id": "R", "url": "https://github.example/r", "object": {"sha": sha, "type": "commit", "url": "https://github.example/o"}}

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
        who = {"name": "x", "email": "x@example.com", "date": TIME}
        url = "https://github.example/c"
        return {
            "sha": sha, "node_id": "C", "url": url, "html_url": url, "author": who, "committer": who, "message": "m",
            "tree": {"sha": tree, "url": url}, "parents": [{"sha": one, "url": url, "html_url": url} for one in parents.split()],
            "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None},
        }  # fmt: skip

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
            entries.append({"path": path, "mode": mode, "type": kind, "sha": one, "url": "https://github.example/t"} | ({"size": int(size)} if size != "-" else {}))
        return {"sha": self.git("rev-parse", f"{sha}^{{tree}}").decode().strip(), "url": "https://github.example/t", "tree": entries, "truncated": False}

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
        sha = self.git("merge-base", base, head).decode().strip()
        full = self.commit(sha) | {"comments_url": "https://github.example/c", "author": None, "committer": None, "commit": self.rest_commit(sha)}
        url = "https://github.example/c"
        urls = {name: url for name in ("url", "html_url", "permalink_url", "diff_url", "patch_url")}
        return 200, urls | {"base_commit": full, "merge_base_commit": full, "status": "ahead", "ahead_by": 1, "behind_by": 0, "total_commits": 0, "commits": [], "files": []}

    def list_commits(self, query, **_):
        shas = self.git("rev-list", "--first-parent", f"--max-count={query.get('per_page', 30)}", query.get("sha", "HEAD")).decode().split()
        extra = {"comments_url": "https://github.example/c", "author": None, "committer": None}
        return 200, [self.commit(sha) | extra | {"commit": self.rest_commit(sha)} for sha in shas]

    def rest_commit(self, sha):
        known = self.commit(sha)
        return {name: known[name] for name in ("url", "author", "committer", "message", "tree", "verification")} | {"comment_count": 0}

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
    ("GET", r"/pulls/(\d+)", FakeGitHub.get_pull),
    ("GET", r"/pulls", FakeGitHub.list_pulls),
    ("GET", r"/compare/(.+)\.\.\.(.+)", FakeGitHub.compare),
    ("GET", r"/commits", FakeGitHub.list_commits),
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
