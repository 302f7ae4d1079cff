//! Puts the stylesheet together: `style/main.css` names its parts, in order, and the browser gets one file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Replaces each `@import "part.css" layer(name);` line (the layer is optional) by the part, which may itself import.
///
/// No other form of `@import` is accepted: one that was left in place would cost the page a request, or be ignored by the
/// browser for standing after a rule.
pub(crate) fn bundle(main: &Path) -> Result<String> {
    let css =
        fs::read_to_string(main).with_context(|| format!("cannot read {}", main.display()))?;
    let mut bundled = String::with_capacity(css.len());
    for line in css.lines() {
        if !line.trim_start().starts_with("@import") {
            bundled.push_str(line);
            bundled.push('\n');
            continue;
        }
        let Some(import) = Import::parse(line) else {
            bail!(
                "{}: expected `@import \"file.css\" layer(name);`, found `{line}`",
                main.display()
            );
        };
        let part = bundle(&main.with_file_name(import.file))?;
        match import.layer {
            Some(layer) => bundled.extend(["@layer ", layer, " {\n", &part, "}\n"]),
            None => bundled.push_str(&part),
        }
    }
    Ok(bundled)
}

#[derive(Debug, PartialEq)]
struct Import<'a> {
    file: &'a str,
    layer: Option<&'a str>,
}

impl<'a> Import<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let rest = line
            .trim()
            .strip_prefix("@import")?
            .strip_suffix(';')?
            .trim();
        let rest = rest
            .strip_prefix("url(")
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or(rest);
        let (file, rest) = rest.strip_prefix('"')?.split_once('"')?;
        let layer = match rest.trim() {
            "" => None,
            layer => Some(layer.strip_prefix("layer(")?.strip_suffix(')')?),
        };
        Some(Self { file, layer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_name_a_file_and_perhaps_a_layer() {
        assert_eq!(
            Import::parse(r#"@import "a.css";"#),
            Some(Import {
                file: "a.css",
                layer: None
            })
        );
        assert_eq!(
            Import::parse(r#"  @import url("a.css");"#),
            Some(Import {
                file: "a.css",
                layer: None
            })
        );
        assert_eq!(
            Import::parse(r#"@import "a/b.css" layer(base);"#),
            Some(Import {
                file: "a/b.css",
                layer: Some("base")
            })
        );
        assert_eq!(Import::parse(r#"@import "a.css" screen;"#), None);
        assert_eq!(Import::parse(r"@import a.css"), None);
    }
}
