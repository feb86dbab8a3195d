//! `loadline init`: the first files of a repository.

use crate::support::Loadline;

#[test]
fn a_new_repository_gets_a_scenario_and_a_workflow() {
    let folder = tempfile::tempdir().unwrap();
    let output = Loadline::in_folder(folder.path()).args(["init", "--github"]).exits_with(0);
    insta::assert_snapshot!(output.everything(), @r"
    loadline.yml: a scenario for the built-in sample API
    .github/workflows/loadline.yml: runs it for every pull request, beside its base

    Next
      loadline run      runs it as it is
      loadline.yml      put the command that starts your service, and what its users do, where it says TO CHANGE
      loadline check    says what is wrong with it
      git add           both files, commit, and open a pull request: it is measured and commented on

    For pull requests from forks, baselines, nightly runs and more: examples/workflows of loadline
    ");
    Loadline::in_folder(folder.path()).args(["check"]).exits_with(0);
    // Against a service that runs already, nothing has to be known of how it is started.
    Loadline::in_folder(folder.path()).args(["check"]).env("LOADLINE_TARGET", "http://127.0.0.1:9").exits_with(0);
    let workflow = std::fs::read_to_string(folder.path().join(".github/workflows/loadline.yml")).unwrap();
    assert!(workflow.contains("scenario: loadline.yml"), "{workflow}");
}

#[test]
fn what_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("loadline.yml"), "mine").unwrap();
    let output = Loadline::in_folder(folder.path()).args(["init"]).exits_with(0);
    assert!(output.stdout.starts_with("loadline.yml: was there already, and is as it was\n"), "{output}");
    assert_eq!(std::fs::read_to_string(folder.path().join("loadline.yml")).unwrap(), "mine");
    assert!(!folder.path().join(".github").exists(), "a workflow was not asked for");
}

#[test]
fn a_workflow_goes_to_the_top_of_the_repository_or_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (root, inner) = (folder.path().canonicalize().unwrap(), folder.path().join("services/api"));
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::create_dir(root.join(".git")).unwrap();
    let output = Loadline::in_folder(&inner).args(["init", "--github"]).exits_with(2);
    assert!(output.stderr.contains("GitHub reads workflows only there"), "{output}");
    assert!(std::fs::read_dir(&inner).unwrap().next().is_none(), "something was written");
    Loadline::in_folder(&root).args(["init", "--github"]).exits_with(0);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".github"), "a file").unwrap();
    let output = Loadline::in_folder(folder.path()).args(["init", "--github"]).exits_with(2);
    assert!(output.stderr.contains("failed to write `./.github/workflows/loadline.yml`"), "{output}");
}
