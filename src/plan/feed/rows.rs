//! Reads the rows of a feed.

use minijinja::Value;
use minijinja::value::Serde;
use serde_json::Value as Json;

use crate::plan::template::mapping;

/// Says why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FeedError {
    /// What is wrong with it.
    pub message: String,
    /// Line in a file, or number of the element in a list; counted from one. None where the whole is meant.
    pub row: Option<u64>,
    /// Column in the line, or number of the field; counted from one.
    pub column: Option<u64>,
}

/// Reads comma-separated values with a header row: each row becomes a mapping of texts, without spaces around them.
/// Empty lines are skipped, and a byte order mark too.
pub fn rows_from_csv(text: &[u8]) -> Result<Vec<Value>, FeedError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = reader.headers().map_err(|error| csv_error(&error))?.clone();
    if header.is_empty() {
        return Err(whole("the file is empty".to_owned()));
    }
    for (at, name) in header.iter().enumerate() {
        let wrong = |message: String| Err(FeedError { message, row: Some(1), column: Some(at as u64 + 1) });
        if name.is_empty() {
            return wrong("a column has no name: the first row is the header".to_owned());
        }
        if header.iter().take(at).any(|other| other == name) {
            return wrong(format!("two columns are called `{name}`"));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(&error))?;
        let fields = header.iter().zip(&record).map(|(name, field)| (name.to_owned(), Value::from(field)));
        rows.push(mapping(fields.collect()));
    }
    some(rows, "it has a header, but no rows")
}

/// Reads a JSON array of objects, or of texts, numbers and booleans.
pub fn rows_from_json(text: &[u8]) -> Result<Vec<Value>, FeedError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let document: Json = serde_json::from_slice(text).map_err(|error| FeedError {
        message: format!("not JSON: {}", reason(&error)),
        row: Some(error.line() as u64),
        column: Some(error.column() as u64),
    })?;
    let Json::Array(items) = document else {
        return Err(whole("a JSON feed is an array of objects or scalars".to_owned()));
    };
    let objects = items.first().is_some_and(Json::is_object);
    for (at, item) in items.iter().enumerate() {
        let wrong = |message: &str| Err(FeedError { message: message.to_owned(), row: Some(at as u64 + 1), column: None });
        match item {
            Json::Null | Json::Array(_) => return wrong("a row is an object, a text, a number or a boolean"),
            item if item.is_object() != objects => return wrong("rows are all objects, or none is"),
            _ => {}
        }
    }
    some(items.iter().map(|item| Value::from(Serde(item))).collect(), "the array is empty")
}

/// The inline list of a scenario: scalars keep their types.
pub fn rows_from_list(values: &[Json]) -> Result<Vec<Value>, FeedError> {
    if let Some(at) = values.iter().position(|value| !(value.is_string() || value.is_number() || value.is_boolean())) {
        let message = "an inline value is a text, a number or a boolean".to_owned();
        return Err(FeedError { message, row: Some(at as u64 + 1), column: None });
    }
    some(values.iter().map(|value| Value::from(Serde(value))).collect(), "the list is empty")
}

/// A comma-separated text: `STU_001,STU_002`. Spaces around a value don't belong to it, and nothing is no value.
pub fn rows_from_text(text: &str) -> Result<Vec<Value>, FeedError> {
    some(text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(Value::from).collect(), "the text has no values")
}

fn some(rows: Vec<Value>, otherwise: &str) -> Result<Vec<Value>, FeedError> {
    if rows.is_empty() { Err(whole(otherwise.to_owned())) } else { Ok(rows) }
}

fn whole(message: String) -> FeedError {
    FeedError { message, row: None, column: None }
}

fn csv_error(error: &csv::Error) -> FeedError {
    let row = error.position().map(csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            FeedError { message: format!("the row has {len} fields, the header {expected_len}"), row, column: None }
        }
        csv::ErrorKind::Utf8 { err, .. } => {
            FeedError { message: "the text is not UTF-8".to_owned(), row, column: Some(err.field() as u64 + 1) }
        }
        _ => FeedError { message: error.to_string(), row, column: None },
    }
}

/// serde_json's message without the place, which stands in fields of its own.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn shown(rows: Result<Vec<Value>, FeedError>) -> Json {
        serde_json::to_value(rows.unwrap()).unwrap()
    }

    #[test]
    fn tables_of_every_form_are_read() {
        let csv = "\u{feff}email, password\r\na@b.c,\"x,\"\"y\"\"\"\n\n d , 007 \n";
        assert_eq!(
            shown(rows_from_csv(csv.as_bytes())),
            json!([{"email": "a@b.c", "password": "x,\"y\""}, {"email": "d", "password": "007"}])
        );
        assert_eq!(shown(rows_from_json(br#"[{"id": 1, "on": true}, {"id": 2.5}]"#)), json!([{"id": 1, "on": true}, {"id": 2.5}]));
        assert_eq!(shown(rows_from_json(b"[1, \"x\"]")), json!([1, "x"]));
        assert_eq!(shown(rows_from_list(&[json!(1), json!("x"), json!(false)])), json!([1, "x", false]));
        assert_eq!(shown(rows_from_text("STU_001, STU_002,,3,")), json!(["STU_001", "STU_002", "3"]));
    }

    #[test]
    fn what_is_no_table_is_pointed_at() {
        for (found, message, row, column) in [
            (rows_from_csv(b"a,b\n1,2\n3\n"), "the row has 1 fields, the header 2", Some(3), None),
            (rows_from_csv(b"a,,c\n"), "a column has no name: the first row is the header", Some(1), Some(2)),
            (rows_from_csv(b"a,a\n1,2"), "two columns are called `a`", Some(1), Some(2)),
            (rows_from_csv(b"\n"), "the file is empty", None, None),
            (rows_from_csv(b"a,b\n"), "it has a header, but no rows", None, None),
            (rows_from_csv(b"a,b\n1,\xff\n"), "the text is not UTF-8", Some(2), Some(2)),
            (rows_from_json(b"[1,\n x]"), "not JSON: expected value", Some(2), Some(2)),
            (rows_from_json(b"{}"), "a JSON feed is an array of objects or scalars", None, None),
            (rows_from_json(b"[]"), "the array is empty", None, None),
            (rows_from_json(b"[{}, 1]"), "rows are all objects, or none is", Some(2), None),
            (rows_from_json(b"[1, null]"), "a row is an object, a text, a number or a boolean", Some(2), None),
            (rows_from_list(&[json!({})]), "an inline value is a text, a number or a boolean", Some(1), None),
            (rows_from_text(" , "), "the text has no values", None, None),
        ] {
            assert_eq!(found, Err(FeedError { message: message.to_owned(), row, column }));
        }
    }

    proptest! {
        #[test]
        fn written_tables_are_read_back(rows in prop::collection::vec(("[a-z,\"\n]{1,8}x", "x[a-z;,]{0,8}x"), 1..20)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["one", "two"]).unwrap();
            for (one, two) in &rows {
                writer.write_record([one, two]).unwrap();
            }
            let read = rows_from_csv(&writer.into_inner().unwrap()).unwrap();
            let cells: Vec<_> = read.iter().map(|row| (row.get_attr("one").unwrap().to_string(), row.get_attr("two").unwrap().to_string())).collect();
            let expected: Vec<_> = rows.iter().map(|(one, two)| (one.trim().to_owned(), two.clone())).collect();
            prop_assert_eq!(cells, expected);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = rows_from_csv(&bytes);
            let _ = rows_from_json(&bytes);
        }
    }
}
