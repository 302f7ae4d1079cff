//! The TOML file: every value in it with the line on which it stands.

use std::{fs, ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    problem::{Origin, Problem},
    reader::{Reader, Value},
};

/// Adds what the file says, and what is wrong with its syntax.
pub(super) fn read(path: &Path, reader: &mut Reader) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            reader.problem(Problem {
                origin: Origin::Flag("--config"),
                key: None,
                text: format!("cannot read {}: {error}", path.display()),
            });
            return;
        }
    };
    let mut document = Document {
        path,
        text: &text,
        broken: Vec::new(),
        reader,
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        let line = error.span().map_or(1, |span| document.line(&span));
        // One slip of the pen makes the parser complain several times about the same line.
        if !document.broken.contains(&line) {
            document.broken.push(line);
            document.reader.problem(Problem {
                origin: document.origin(line),
                key: None,
                text: format!("not valid TOML: {}", error.message().replace('\n', ", ")),
            });
        }
    }
    document.table("", table.get_ref());
}

struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    /// Lines with a mistake in them; what the parser made of them means nothing.
    broken: Vec<usize>,
    reader: &'a mut Reader,
}

impl Document<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line,
        }
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let line = self.line(&name.span());
            if !self.broken.contains(&line) {
                self.value(&join(prefix, name.get_ref()), line, value);
            }
        }
    }

    fn value(&mut self, key: &str, line: usize, value: &Spanned<DeValue<'_>>) {
        let value = match value.get_ref() {
            DeValue::Table(table) => return self.table(key, table),
            DeValue::Array(array) if array.iter().any(|item| item.get_ref().is_table()) => {
                for (index, item) in array.iter().enumerate() {
                    let line = self.line(&item.span());
                    let key = join(key, &index.to_string());
                    self.reader.open_table(&key, self.origin(line));
                    self.value(&key, line, item);
                }
                return;
            }
            DeValue::Array(array) => {
                Value::List(array.iter().map(|item| scalar(item.get_ref())).collect())
            }
            other => Value::Text(scalar(other)),
        };
        let origin = self.origin(line);
        self.reader.add(key, value, origin);
    }
}

/// Values become text, as environment variables are; whoever asks for a number reads it from there.
fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.clone().into_owned(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "[…]".to_owned(),
        DeValue::Table(_) => "{…}".to_owned(),
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}
