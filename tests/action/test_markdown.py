"""What is posted, through GitHub's own renderer, and its charts through Mermaid's own parser."""

import html
import json
import os
import re
import subprocess

import cmarkgfm
from cmarkgfm.cmark import Options

from world import BINARY, PROJECT, SCENARIO, TOOLS

HERE = PROJECT / "tests/action"
# The line below the head of a table.
RULE = re.compile(r"^\|(?: *:?-+:? *\|)+$", re.MULTILINE)


def render(markdown):
    return cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)


def charts(markdown):
    return re.findall(r"^```mermaid\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL)


def parse(texts):
    """What Mermaid says of each chart: its kind, or why it is none."""
    done = subprocess.run(["node", HERE / "parse_mermaid.mjs"], input=json.dumps(texts), capture_output=True, text=True, env=os.environ | {"LOADLINE_TOOLS": str(TOOLS)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(markdown):
    """The page, once every table, detail and chart in it is one for GitHub too."""
    page = render(markdown)
    assert page.count("<details>") == page.count("</details>") == markdown.count("<details>")
    assert len(RULE.findall(markdown)) == page.count("<table>"), "a table is torn"
    assert "&lt;details" not in page and "&lt;summary" not in page and "<p>| " not in page
    kinds = parse(charts(markdown))
    assert all(kind == "xychart" for kind in kinds), kinds
    return page, len(kinds)


def test_comment_and_summary_are_what_github_shows(world):
    odd = SCENARIO.replace("{ get: /courses }", '{ get: /courses, name: "</details><img src=x> @octocat #1 | `a` ~~b~~ [c](http://evil.example)" }')
    world.write({"loadline.yml": odd.replace("error_rate < 1%", "p95 < 1us")})
    for _ in range(2):
        done = subprocess.run([BINARY, "run", "--out", world.root / "report"], cwd=world.work, capture_output=True, text=True, env=os.environ | {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "LOADLINE_ON_SATURATION": "warn"})
        assert done.returncode == 1, done.stdout + done.stderr
        subprocess.run([BINARY, "baseline", "save", "--branch", "main", world.root / "report/record.json"], cwd=world.work, check=True, capture_output=True)
    shown = 0
    for name in ("comment.md", "summary.md"):
        page, number = check((world.root / "report" / name).read_text())
        shown += number
        assert "<img" not in page and 'href="http://evil.example' not in page and "<del>" not in page, page
        assert "FAILED" in page and "@octocat" not in re.sub(r"<code>.*?</code>", "", page), page
        assert html.escape("</details><img") in page or "img src" not in page
    assert shown > 0, "there is no chart to look at"


def test_the_documentation_has_no_torn_table():
    pages = [PROJECT / "README.md", PROJECT / "tests/action/README.md", *sorted((PROJECT / "docs").glob("*.md"))]
    for page in pages:
        text = page.read_text()
        assert render(text).count("<table>") == len(RULE.findall(text)), page


def test_a_chart_that_mermaid_does_not_take_is_noticed():
    good = 'xychart-beta\n  x-axis ["a", "b"]\n  line [1, 2]\n'
    kinds = parse([good, good.replace("2]", "NaN]"), "nonsense"])
    assert kinds[0] == "xychart" and "xychart" not in kinds[1:], kinds
