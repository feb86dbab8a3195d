//! Values for `${VAR}` and `env.NAME`, and which of their sources wins.

use std::collections::BTreeMap;

/// The environment of the process, taken once: what runs is a function of its arguments.
#[derive(Debug, Clone, Default)]
pub struct ProcessEnv(BTreeMap<String, String>);

impl ProcessEnv {
    /// That of this process. Values that are no text are left out.
    pub fn current() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ProcessEnv {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// All values. `--var` wins over the process's environment, which wins over `env_file`.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `--var NAME=VALUE`
    pub given: BTreeMap<String, String>,
    /// The process's environment.
    pub process: ProcessEnv,
    /// `env_file`
    pub file: BTreeMap<String, String>,
}

impl Variables {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str).or_else(|| self.process.get(name)).or_else(|| self.file.get(name).map(String::as_str))
    }

    /// All of them, each with the value that wins.
    pub fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.file.clone();
        all.extend(self.process.0.clone());
        all.extend(self.given.clone());
        all
    }

    /// All names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.given.keys().chain(self.process.0.keys()).chain(self.file.keys()).map(String::as_str)
    }

    /// Values that somebody gave to this run, by name: they are kept out of all output unless they are plain settings.
    pub fn given_or_filed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().chain(&self.file).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value that the process's environment has for a variable, where its name says that it is a secret. Most of what is
    /// there was given to nobody in particular, and is none; nor is a value so short that other words would be masked with it.
    pub fn called_secret(&self, name: &str) -> Option<&str> {
        let upper = name.to_ascii_uppercase();
        let is_called_so = ["PASSWORD", "SECRET", "TOKEN", "CREDENTIAL"].iter().any(|word| upper.contains(word)) || upper.ends_with("KEY");
        self.process.get(name).filter(|value| is_called_so && value.chars().count() >= SHORTEST_CALLED_SECRET)
    }
}

/// In characters.
const SHORTEST_CALLED_SECRET: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_which_values_of_the_environment_are_secrets() {
        let names = ["API_PASSWORD", "JWT_SECRET_2", "github_token", "AWS_CREDENTIALS", "ACCESS_KEY", "KEYBOARD", "USER", "PIN_TOKEN"];
        let value = |name: &str| if name == "PIN_TOKEN" { "12345" } else { "a long value" };
        let variables = Variables { process: names.iter().map(|name| (*name, value(name))).collect(), ..Variables::default() };
        let secret: Vec<&str> = names.into_iter().filter(|name| variables.called_secret(name).is_some()).collect();
        assert_eq!(secret, ["API_PASSWORD", "JWT_SECRET_2", "github_token", "AWS_CREDENTIALS", "ACCESS_KEY"]);
        assert_eq!(variables.called_secret("OTHER_TOKEN"), None);
    }

    #[test]
    fn a_given_value_wins_over_the_environment_and_that_over_the_file() {
        let pairs =
            |value: &str, names: &[&str]| names.iter().map(|name| ((*name).to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>();
        let variables = Variables {
            given: pairs("given", &["A"]),
            process: [("A", "process"), ("B", "process")].into_iter().collect(),
            file: pairs("file", &["A", "B", "C"]),
        };
        assert_eq!(["A", "B", "C", "D"].map(|name| variables.get(name)), [Some("given"), Some("process"), Some("file"), None]);
        assert_eq!(
            variables.all(),
            ["A", "B", "C"].into_iter().zip(["given", "process", "file"]).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
        );
    }
}
