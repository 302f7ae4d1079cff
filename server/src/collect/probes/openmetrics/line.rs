//! One line of a document.

/// A sample: `name{label="value",…} value [timestamp] [# exemplar]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// The metric's name.
    pub name: &'a str,
    /// Label names and values, unescaped, in the line's order.
    pub labels: Vec<(&'a str, String)>,
    /// The value. May be infinite or not a number: both have a meaning in histograms and summaries.
    pub value: f64,
}

/// Reads a line. `None` for comments, empty lines and what is not in the format.
pub fn parse_line(line: &str) -> Option<Line<'_>> {
    let line = line.trim_matches([' ', '\t', '\r']);
    let (name, rest) = split_name(line, |c| c == ':')?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = number(rest.split_ascii_whitespace().next()?)?;
    Some(Line {
        name,
        labels,
        value,
    })
}

/// A name at the beginning of a text: letters, digits, `_` and what `also` allows, no digit first.
fn split_name(text: &str, also: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || also(c)))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let first = name.chars().next()?;
    (!first.is_ascii_digit()).then_some((name, rest))
}

/// Labels after `{` up to and with `}`, and what follows. A comma after the last is allowed.
fn labels(mut text: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\t']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = split_name(text, |_c| false)?;
        let rest = rest.trim_start_matches([' ', '\t']).strip_prefix('=')?;
        let (value, rest) = quoted(rest.trim_start_matches([' ', '\t']).strip_prefix('"')?)?;
        labels.push((name, value));
        text = rest.trim_start_matches([' ', '\t']);
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None if text.starts_with('}') => {}
            None => return None,
        }
    }
}

/// A value after its opening quote, and what follows the closing one. `\\`, `\"` and `\n` are escapes; anything else after a
/// backslash stands for itself with it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                escaped @ ('\\' | '"') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

/// A number as Go writes it. Rust reads the same, and the words in any case.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
