"""The install script runs nothing but what was released: every way in which a download goes wrong, on loopback."""

import functools
import hashlib
import http.server
import os
import platform
import shutil
import subprocess
import tarfile
import threading

import pytest

from world import BINARY, PROJECT

VERSION = "9.8.7"
ARCHIVE = f"loadline-{VERSION}-{platform.machine()}-unknown-linux-musl.tar.gz"


class Mirror(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; `cut` files end before the length that was promised."""

    cut = False

    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        if self.cut:
            outputfile.write(source.read(1000))
            self.close_connection = True
        else:
            super().copyfile(source, outputfile)


@pytest.fixture
def release(tmp_path):
    """An action whose table knows one archive, and a mirror that has it."""
    action = tmp_path / "action"
    shutil.copytree(PROJECT / ".github/action", action / ".github/action")
    shutil.copy(PROJECT / "Cargo.toml", action)
    folder = tmp_path / f"mirror/v{VERSION}"
    folder.mkdir(parents=True)
    program = tmp_path / "loadline"
    program.write_text(f"#!/bin/sh\necho loadline {VERSION}\n")
    program.chmod(0o755)
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        archive.add(program, f"loadline-{VERSION}/loadline")
        archive.add(PROJECT / "Cargo.lock", f"loadline-{VERSION}/README.md")  # more than 1000 bytes
    digest = hashlib.sha256((folder / ARCHIVE).read_bytes()).hexdigest()
    (action / ".github/action/checksums.txt").write_text(f"# a table\n{digest}  {ARCHIVE}\n")
    handler = type("Handler", (Mirror,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=tmp_path / "mirror"))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def install(version=VERSION, mode="gate", base=f"http://127.0.0.1:{server.server_port}", **environment):
        (tmp_path / "output").write_text("")
        variables = {
            "PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output"),
            "LOADLINE_MODE": mode, "LOADLINE_VERSION": version, "LOADLINE_DOWNLOAD_BASE": base,
        } | environment  # fmt: skip
        done = subprocess.run([action / ".github/action/install.sh"], env=variables, capture_output=True, text=True, cwd=tmp_path)
        outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
        return done.returncode, done.stdout + done.stderr, outputs

    yield install, folder / ARCHIVE, handler
    server.shutdown()
    server.server_close()


def refused(result, *words):
    code, said, outputs = result
    assert code == 3 and "::error title=loadline is not installed::" in said and outputs == {}, result
    for word in words:
        assert word in said, said


def test_what_was_released_is_installed(release):
    install, _, _ = release
    code, said, outputs = install()
    assert (code, said) == (0, f"loadline {VERSION}\n")
    assert outputs["binary"].startswith(outputs["folder"])
    assert install(version=f"v{VERSION}")[0] == 0


def test_a_folder_with_a_colon_is_no_machine_on_the_network(release, tmp_path):
    """As on Windows: `D:\\a\\_temp`."""
    install, _, _ = release
    (tmp_path / "D:temp").mkdir()
    code, said, outputs = install(RUNNER_TEMP="D:temp")
    assert (code, said) == (0, f"loadline {VERSION}\n") and outputs["binary"].startswith("D:temp/"), said


def test_an_archive_with_another_content_is_not_unpacked(release):
    install, archive, _ = release
    archive.write_bytes(archive.read_bytes() + b"x")
    result = install()
    refused(result, "is not what was released", "nothing of it was run")
    assert not list(archive.parent.parent.parent.glob("loadline-*/*")), "something was unpacked"


def test_an_archive_that_is_missing_or_cut_is_said(release):
    install, archive, handler = release
    handler.cut = True
    refused(install(), "Downloading", "failed")
    handler.cut = False
    archive.unlink()
    refused(install(), "404", "LOADLINE_DOWNLOAD_BASE")


def test_a_version_without_a_checksum_is_refused_before_any_download(release):
    install, _, _ = release
    refused(install(version="1.2.3"), "knows no loadline-1.2.3")
    refused(install(version="latest; rm -rf /"), "must look like 1.2.3")
    refused(install(version=""), "knows no loadline-")


def test_only_loopback_may_be_unencrypted(release):
    install, _, _ = release
    refused(install(base="http://mirror.example"), "Downloading")


def test_a_program_that_is_there_is_taken(release, tmp_path):
    install, _, _ = release
    assert install(LOADLINE_BINARY_PATH=str(BINARY))[2]["binary"] == str(BINARY)
    assert install(LOADLINE_BINARY_PATH="loadline")[2]["binary"] == str(tmp_path / "loadline")
    refused(install(LOADLINE_BINARY_PATH="missing"), "no program at binary-path")


def test_a_mode_that_does_not_exist_is_said_before_anything_else(release):
    install, _, _ = release
    refused(install(mode="bench"), "gate, report, baseline or publish", "no load was sent")


def test_the_table_of_checksums_only_grows(tmp_path):
    action = tmp_path / "action"
    shutil.copytree(PROJECT / ".github/action", action)
    table = action / "checksums.txt"
    before = table.read_text()
    archive = tmp_path / "loadline-1.0.0-x.tar.gz"
    archive.write_bytes(b"first")

    def record():
        return subprocess.run([action / "record-checksums.sh", tmp_path], capture_output=True, text=True).returncode

    assert (record(), record()) == (0, 0)
    assert table.read_text() == f"{before}{hashlib.sha256(b'first').hexdigest()}  {archive.name}\n"
    archive.write_bytes(b"second")
    assert record() == 1
