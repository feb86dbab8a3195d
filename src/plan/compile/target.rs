//! The address under load.

use base64::Engine as _;

use super::super::Target;
use super::compiling::Compiling;

/// Checks the address; it stays text, for `${PORT}` may still be in it.
pub(super) fn compile(compiling: &mut Compiling<'_>) -> Option<String> {
    let target = compiling.scenario.sections.target.as_ref()?;
    let text = target.trim();
    if text.is_empty() {
        compiling.error(target.span, "the target is empty", "write an address: `target: http://127.0.0.1:8000`");
        return None;
    }
    // Any port will do to see whether the rest is right.
    let probe = if compiling.scenario.keeps_port { text.replace("${PORT}", "1") } else { text.to_owned() };
    match Target::parse(&probe) {
        // `http//host` reads as a host called `http`.
        Ok(parsed) if ["http", "https"].contains(&parsed.host.as_str()) => {
            compiling.error(target.span, format!("the target's host is `{}`", parsed.host), "write `://` behind the scheme");
            None
        }
        Ok(parsed) => {
            keep_secret(compiling, text, parsed.userinfo);
            Some(text.to_owned())
        }
        Err(error) => {
            compiling.error(target.span, format!("this target can't be used: {error}"), "write an address such as `http://127.0.0.1:8000`");
            None
        }
    }
}

/// The user information of an address must not be shown, in whatever form.
pub(super) fn keep_secret(compiling: &mut Compiling<'_>, text: &str, userinfo: Option<(String, String)>) {
    let Some((user, password)) = userinfo else { return };
    let pair = format!("{user}:{password}");
    compiling.secrets.insert(base64::engine::general_purpose::STANDARD.encode(&pair));
    compiling.secrets.insert(pair);
    compiling.secrets.insert(password);
    // As it stands in the address: encoded, perhaps.
    compiling.secrets.extend(Target::userinfo_in(text).map(|written| text[written].to_owned()));
}
