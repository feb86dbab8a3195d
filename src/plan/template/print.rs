//! How values are written into texts and JSON documents.

use std::io::Write as _;

use minijinja::value::{Value, ValueKind};

use super::RenderError;

/// Appends a value as it stands in a text: texts as they are, everything else as JSON writes it (`null`, `true`, `[1]`).
pub(super) fn write_text(value: &Value, out: &mut Vec<u8>) -> Result<(), RenderError> {
    if let Some(text) = value.as_str() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    match value.kind() {
        ValueKind::Bytes => out.extend_from_slice(value.as_bytes().unwrap_or_default()),
        // Infinity and not-a-number have no JSON form, but a name.
        ValueKind::Number => write!(out, "{value}").map_err(|error| RenderError::Expression(error.to_string()))?,
        _ => write_json(value, out)?,
    }
    Ok(())
}

/// Appends a value as JSON.
pub(super) fn write_json(value: &Value, out: &mut Vec<u8>) -> Result<(), RenderError> {
    match value.kind() {
        ValueKind::Plain | ValueKind::Invalid => return Err(RenderError::Expression(format!("{} can't be sent", value.kind()))),
        ValueKind::Number if f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite()) => {
            return Err(RenderError::Expression(format!("{value} is no JSON number")));
        }
        _ => {}
    }
    serde_json::to_writer(out, value).map_err(|error| RenderError::Expression(error.to_string()))
}

/// Appends a value as it stands inside the quotes of a JSON text.
pub(super) fn write_json_text(value: &Value, out: &mut Vec<u8>) -> Result<(), RenderError> {
    if let Some(text) = value.as_str() {
        escape_json(text, out);
        return Ok(());
    }
    let mut text = Vec::new();
    write_text(value, &mut text)?;
    escape_json(&String::from_utf8_lossy(&text), out);
    Ok(())
}

/// Appends `text` escaped for the inside of a JSON text.
pub(super) fn escape_json(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut clean = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' | b'\\' => *byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[clean..at]);
        clean = at + 1;
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            let hex = |digit: u8| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            out.extend_from_slice(&[b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out.extend_from_slice(&bytes[clean..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: Value) -> String {
        let mut out = Vec::new();
        write_text(&value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_in_a_text_look_as_json_writes_them() {
        assert_eq!(text(Value::from(())), "null");
        assert_eq!(text(Value::from(true)), "true");
        assert_eq!(text(Value::from(9.0)), "9.0");
        assert_eq!(text(Value::from("a \"b\"")), "a \"b\"");
        assert_eq!(text(Value::from_iter([Value::from(1), Value::from("x"), Value::from(())])), "[1,\"x\",null]");
    }

    #[test]
    fn what_json_cannot_say_is_an_error() {
        assert!(write_json(&Value::from(f64::NAN), &mut Vec::new()).is_err());
        assert!(write_json(&Value::from(f64::INFINITY), &mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn escaped_texts_are_read_back(source in any::<String>()) {
            let mut out = vec![b'"'];
            escape_json(&source, &mut out);
            out.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), source);
        }
    }
}
