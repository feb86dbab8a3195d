import pytest

from fake_github import FakeGitHub
from world import NAME, Prism, World


@pytest.fixture(scope="session")
def github(tmp_path_factory):
    """A GitHub, and Prism in front of it: started once, emptied for every test."""
    github = FakeGitHub(NAME)
    api = Prism(github.url, tmp_path_factory.mktemp("prism"))
    github.public = api.url
    yield github, api
    api.close()
    github.close()


@pytest.fixture
def world(tmp_path, github):
    return World(tmp_path, *github)
