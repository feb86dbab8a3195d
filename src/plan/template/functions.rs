//! The functions of expressions; all chance comes from the user's own random numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind};
use rand::RngExt;

use super::current::with_random;

/// `random_int(1, 50)`: a whole number, both ends included.
pub(super) fn random_int(low: i64, high: i64) -> Result<i64, Error> {
    if low > high {
        return Err(refuse(format!("random_int({low}, {high}) has nothing to draw from: the first number is above the second")));
    }
    with_random(|random| random.random_range(low..=high))
}

/// `random_float(0.5, 9.5, 2)`: a number, both ends included; with digits every rounded value is equally likely.
pub(super) fn random_float(low: f64, high: f64, digits: Option<u32>, options: Kwargs) -> Result<f64, Error> {
    let named: Option<u32> = options.get("digits")?;
    options.assert_all_used()?;
    if !(low <= high && low.is_finite() && high.is_finite()) {
        return Err(refuse(format!("random_float({low}, {high}) has nothing to draw from: the first number is above the second")));
    }
    if !(high - low).is_finite() {
        return Err(refuse("random_float can't draw from so wide a range".to_owned()));
    }
    let Some(digits) = digits.or(named) else { return with_random(|random| random.random_range(low..=high)) };
    if digits > 12 {
        return Err(refuse(format!("random_float can round to at most 12 digits, not to {digits}")));
    }
    let scale = 10f64.powi(digits as i32);
    // The tolerance keeps 0.3 * 10 = 2.9999999999999996 from losing its upper end.
    let first = (low * scale - 1e-6).ceil();
    let last = (high * scale + 1e-6).floor();
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if first > last || first.abs() > EXACT || last.abs() > EXACT {
        return Err(refuse(format!("random_float({low}, {high}, {digits}): no number between them has so few digits")));
    }
    with_random(|random| random.random_range(first as i64..=last as i64) as f64 / scale)
}

/// `choose(list)`: one of its elements, all equally likely.
pub(super) fn choose(list: Value) -> Result<Value, Error> {
    if list.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if !matches!(list.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(refuse(format!("choose needs a list, not a {}", list.kind())));
    }
    match list.len() {
        Some(0) => Err(refuse("choose has nothing to choose from: the list is empty".to_owned())),
        Some(length) if list.kind() == ValueKind::Seq => list.get_item_by_index(with_random(|random| random.random_range(0..length))?),
        _ => choose(list.try_iter()?.collect::<Vec<Value>>().into()),
    }
}

/// `uuid()`: a version 4 identifier, the same again with the same seed.
pub(super) fn uuid() -> Result<String, Error> {
    let bytes = with_random(|random| random.random::<[u8; 16]>())?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// `now()`: whole seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
