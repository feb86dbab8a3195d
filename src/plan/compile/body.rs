//! The body of a request.

use std::path::Path;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::super::{BodyPlan, FilePart, MultipartPart, PartContent};
use super::compiling::Compiling;
use super::data::hex;
use super::known::Known;
use crate::config::yaml::Span;
use crate::config::{BodyConfig, PartConfig, Spanned, Text};

impl Compiling<'_> {
    /// Compiles a body, and says for the digest what it is.
    pub(super) fn body(&mut self, body: Option<&BodyConfig>, known: &Known) -> Option<(BodyPlan, Json)> {
        Some(match body {
            None => (BodyPlan::Empty, Json::Null),
            Some(BodyConfig::Json(node)) => (BodyPlan::Json(self.json(node, known)?), json!({ "json": node.to_json() })),
            Some(BodyConfig::Text(text)) => (BodyPlan::Text(self.text(text, known)?), json!({ "text": text.as_str() })),
            Some(BodyConfig::File(path)) => {
                let file = self.file(path)?;
                let described = json!({ "file": hash(&file) });
                (BodyPlan::File(file), described)
            }
            Some(BodyConfig::Form(fields)) => {
                let mut compiled = Vec::new();
                let mut described = Vec::new();
                for (name, value) in fields.iter() {
                    let field = Spanned { value: Text::new(name.value.clone()), span: name.span };
                    if let (Some(field), Some(template)) = (self.text(&field, known), self.text(value, known)) {
                        compiled.push((field, template));
                    }
                    described.push(json!([name.value, value.as_str()]));
                }
                (BodyPlan::Form(compiled), json!({ "form": described }))
            }
            Some(BodyConfig::Multipart(parts)) => {
                let mut compiled = Vec::new();
                let mut described = Vec::new();
                for (name, part) in parts.iter() {
                    let content = match &part.value {
                        PartConfig::Text(text) => {
                            described.push(json!([name.value, text.as_str()]));
                            self.text(text, known).map(PartContent::Text)
                        }
                        PartConfig::File(path) => {
                            let file = self.file(path);
                            described.push(json!([name.value, { "file": file.as_ref().map(hash), "name": path.as_str() }]));
                            file.map(PartContent::File)
                        }
                    };
                    compiled.extend(content.map(|content| MultipartPart { name: name.value.clone(), content }));
                }
                (BodyPlan::Multipart(compiled), json!({ "multipart": described }))
            }
        })
    }

    fn file(&mut self, path: &Spanned<Text>) -> Option<FilePart> {
        match std::fs::read(self.scenario.folder.join(path.as_str())) {
            Ok(content) => {
                let name = Path::new(path.as_str());
                let file_name = name.file_name().map_or_else(|| path.as_str().to_owned(), |name| name.to_string_lossy().into_owned());
                let extension = name.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
                Some(FilePart { file_name, content_type: content_type(&extension).to_owned(), content: Bytes::from(content) })
            }
            Err(error) => {
                let to = if path.span == Span::OUTSIDE { "the folder that loadline runs in" } else { "the scenario file" };
                let message = format!("failed to read the file `{}`: {error}", path.as_str());
                self.error(path.span, message, format!("paths are relative to {to}"));
                None
            }
        }
    }
}

fn hash(file: &FilePart) -> String {
    hex(&Sha256::digest(&file.content))
}

/// What a file with this extension holds, as browsers say it.
fn content_type(extension: &str) -> &'static str {
    match extension {
        "json" => "application/json",
        "xml" => "application/xml",
        "txt" | "log" => "text/plain; charset=utf-8",
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "yml" | "yaml" => "application/yaml",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}
