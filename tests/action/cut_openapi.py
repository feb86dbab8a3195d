#!/usr/bin/env python3
"""Cut GitHub's OpenAPI description down to the paths that loadline calls.

usage: cut_openapi.py api.github.com.json out.json

Input: `generated/api.github.com.json` of the npm package `@octokit/openapi`. The output, `github-api.json` here, is the wanted paths with everything they refer to,
without prose and examples, plus aliases for refs and paths with slashes, because Prism matches one segment per parameter.
"""
import copy
import json
import sys

REPO = "/repos/{owner}/{repo}"
WANTED = [REPO] + [REPO + path for path in (
    "/issues/{issue_number}/comments", "/issues/comments/{comment_id}", "/issues/{issue_number}/labels", "/check-runs", "/check-runs/{check_run_id}",
    "/statuses/{sha}", "/git/blobs", "/git/trees", "/git/trees/{tree_sha}", "/git/commits", "/git/commits/{commit_sha}",
    "/git/refs", "/git/refs/{ref}", "/git/ref/{ref}", "/git/matching-refs/{ref}", "/contents/{path}", "/pulls", "/pulls/{pull_number}",
    "/compare/{basehead}", "/issues/{issue_number}/events", "/issues/{issue_number}/timeline", "/collaborators/{username}/permission",
    "/commits", "/commits/{ref}", "/actions/runs/{run_id}/artifacts", "/actions/artifacts/{artifact_id}/{archive_format}", "/commits/{commit_sha}/pulls",
)] + ["/rate_limit", "/user"]
PROSE = {"description", "summary", "example", "examples", "externalDocs", "x-github"}


def strip(node, in_properties=False):
    if isinstance(node, dict):
        return {k: strip(v, k == "properties") for k, v in node.items() if in_properties or k not in PROSE}
    if isinstance(node, list):
        return [strip(v) for v in node]
    return node


def closure(spec, paths):
    found, seen = {}, set()

    def walk(node):
        if isinstance(node, dict):
            ref = node.get("$ref")
            if isinstance(ref, str) and ref.startswith("#/components/") and ref not in seen:
                seen.add(ref)
                _, _, kind, name = ref.split("/", 3)
                value = spec["components"][kind][name]
                found.setdefault(kind, {})[name] = value
                walk(value)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(paths)
    return found


def alias(spec, source, target, names):
    item = copy.deepcopy(spec["paths"][source])
    for operation in item.values():
        kept = []
        for parameter in operation.get("parameters", []):
            real = spec["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]] if "$ref" in parameter else parameter
            if not (real["in"] == "path" and real["name"] in ("ref", "path")):
                kept.append(parameter)
        kept += [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
        operation["parameters"] = kept
        operation["operationId"] += "-" + "-".join(names)
    spec["paths"][target] = item


def main():
    spec = json.load(open(sys.argv[1]))
    missing = [p for p in WANTED if p not in spec["paths"]]
    if missing:
        sys.exit(f"not in the description: {missing}")
    paths = {p: spec["paths"][p] for p in WANTED}
    out = {k: v for k, v in spec.items() if k not in ("paths", "components", "webhooks", "x-webhooks", "tags")}
    out["paths"], out["components"] = paths, closure(spec, paths)
    for name in ("git/ref", "git/refs", "git/matching-refs"):
        for kind in ("heads", "tags"):
            alias(out, f"{REPO}/{name}/{{ref}}", f"{REPO}/{name}/{kind}/{{b1}}", ["b1"])
            alias(out, f"{REPO}/{name}/{{ref}}", f"{REPO}/{name}/{kind}/{{b1}}/{{b2}}", ["b1", "b2"])
    # Documented in prose only.
    out["paths"][f"{REPO}/contents/{{path}}"]["get"]["responses"]["200"]["content"]["application/vnd.github.raw"] = {}
    for depth in range(2, 6):
        names = [f"d{i}" for i in range(1, depth + 1)]
        alias(out, f"{REPO}/contents/{{path}}", f"{REPO}/contents/" + "/".join("{%s}" % n for n in names), names)
    out = strip(out)
    with open(sys.argv[2], "w") as file:  # a line for each path and component, so that a difference can be read
        lines = [f'"{k}":{json.dumps(v, sort_keys=True)}' for k, v in sorted(out.items()) if k not in ("paths", "components")]
        for section, kinds in [("paths", {"paths": out["paths"]}), ("components", out["components"])]:
            bodies = []
            for kind, entries in sorted(kinds.items()):
                body = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, sort_keys=True, separators=(',', ':'))}" for k, v in sorted(entries.items()))
                bodies.append(body if section == "paths" else f'"{kind}":{{\n{body}\n}}')
            lines.append(f'"{section}":{{\n' + ",\n".join(bodies) + "\n}")
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(out['paths'])} paths, {sum(map(len, out['components'].values()))} components")


main()
