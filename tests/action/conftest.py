import pytest

from fake_github import FakeGitHub
from world import NAME, Prism, World


def pytest_collection_modifyitems(items):
    """The longest first, so that it isn't left over at the end for one process alone."""
    items.sort(key=lambda item: "twice_in_a_row" not in item.name)


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
