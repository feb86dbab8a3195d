//! `jwt(claims, key, algorithm='HS256')`: signed tokens.

use std::cell::RefCell;
use std::collections::HashMap;
use std::str::FromStr;

use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::expression::holds_undefined;

thread_local! {
    /// Reading a PEM costs more than signing; a scenario has a handful of keys.
    static KEYS: RefCell<HashMap<(String, Algorithm), EncodingKey>> = RefCell::new(HashMap::new());
}

/// More keys than this are no longer the scenario's, but made up per request.
const MOST_KEYS: usize = 64;

/// A token with these claims. `key` is a shared secret (HS*), or a private key as PEM text (RS*, PS*, ES*, EdDSA).
///
/// HS*, RS* and EdDSA give the same token for the same claims; PS* and ES* signatures hold chance that is not the seed's.
pub(super) fn jwt(claims: Value, key: Value, algorithm: Option<String>, options: Kwargs) -> Result<String, Error> {
    let named: Option<String> = options.get("algorithm")?;
    options.assert_all_used()?;
    let algorithm = algorithm.or(named).unwrap_or_else(|| "HS256".to_owned());
    let algorithm =
        Algorithm::from_str(&algorithm).map_err(|_| refuse(format!("jwt knows no algorithm `{algorithm}`: use HS256, RS256 or ES256")))?;
    if key.is_undefined() || holds_undefined(&claims) {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if claims.kind() != ValueKind::Map {
        return Err(refuse(format!("the claims of a jwt are a mapping, not a {}", claims.kind())));
    }
    let Some(key) = key.as_str().filter(|key| !key.is_empty()) else {
        return Err(refuse("jwt has no key: the second argument is empty or no text".to_owned()));
    };
    let key = encoding_key(key, algorithm)?;
    jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).map_err(|error| refuse(format!("jwt could not sign: {error}")))
}

fn encoding_key(text: &str, algorithm: Algorithm) -> Result<EncodingKey, Error> {
    KEYS.with_borrow_mut(|keys| {
        let name = (text.to_owned(), algorithm);
        if let Some(key) = keys.get(&name) {
            return Ok(key.clone());
        }
        // Environment files hold a PEM in one line, with \n written out.
        let pem = if text.contains("\\n") { text.replace("\\n", "\n") } else { text.to_owned() };
        let key = match algorithm.family() {
            AlgorithmFamily::Hmac => Ok(EncodingKey::from_secret(text.as_bytes())),
            AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(pem.as_bytes()),
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem.as_bytes()),
            AlgorithmFamily::Ed => EncodingKey::from_ed_pem(pem.as_bytes()),
        };
        let key = key.map_err(|_| refuse(format!("the key of the jwt is no private key for {algorithm:?} as PEM text")))?;
        if keys.len() >= MOST_KEYS {
            keys.clear();
        }
        keys.insert(name, key.clone());
        Ok(key)
    })
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use minijinja::value::Serde;
    use serde_json::{Value as Json, json};

    // Made for these tests, and used nowhere else.
    const RSA: &str = include_str!("test_keys/rsa.pem");
    const RSA_PUBLIC: &str = include_str!("test_keys/rsa.pub.pem");
    const EC: &str = include_str!("test_keys/ec.pem");
    const EC_PUBLIC: &str = include_str!("test_keys/ec.pub.pem");

    fn sign(key: &str, algorithm: &str) -> Result<String, Error> {
        let claims = Value::from(Serde(json!({"sub": "a@b.c", "exp": 4_000_000_000_u64, "admin": true})));
        jwt(claims, Value::from(key), Some(algorithm.to_owned()), Kwargs::from_iter(Vec::<(String, Value)>::new()))
    }

    fn verified(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Json {
        decode::<Json>(token, key, &Validation::new(algorithm)).unwrap().claims
    }

    #[test]
    fn tokens_of_every_family_can_be_verified() {
        let claims = json!({"sub": "a@b.c", "exp": 4_000_000_000_u64, "admin": true});
        let secret = DecodingKey::from_secret(b"s3cret");
        assert_eq!(verified(&sign("s3cret", "HS256").unwrap(), &secret, Algorithm::HS256), claims);
        let rsa = DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()).unwrap();
        assert_eq!(verified(&sign(RSA, "RS256").unwrap(), &rsa, Algorithm::RS256), claims);
        let ec = DecodingKey::from_ec_pem(EC_PUBLIC.as_bytes()).unwrap();
        assert_eq!(verified(&sign(EC, "ES256").unwrap(), &ec, Algorithm::ES256), claims);
        // As an environment file holds it.
        let line = EC.trim().replace('\n', "\\n");
        assert_eq!(verified(&sign(&line, "ES256").unwrap(), &ec, Algorithm::ES256), claims);
    }

    #[test]
    fn a_key_of_another_family_is_refused_without_showing_it() {
        for (key, algorithm) in [(EC, "RS256"), (RSA, "ES256"), ("s3cret", "ES256")] {
            let message = sign(key, algorithm).unwrap_err().to_string();
            assert!(message.ends_with(&format!("the key of the jwt is no private key for {algorithm} as PEM text")), "{message}");
        }
    }

    #[test]
    fn the_same_claims_give_the_same_token_where_signatures_hold_no_chance() {
        assert_eq!(sign("k", "HS256").unwrap(), sign("k", "HS256").unwrap());
        assert_eq!(sign(RSA, "RS256").unwrap(), sign(RSA, "RS256").unwrap());
    }
}
