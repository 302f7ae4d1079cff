//! Takes secrets out of what programs write, before it is stored, logged or shown.
//!
//! All rules are in one table, [`RULES`]; each has a name, which stands in place of what it took out: `[redacted: jwt]`. Known shapes
//! (tokens of services, keys, connection strings) go first, then values of names that say what they hold (`password=…`).
//! A rule would rather take too much than too little, but never what tells faults apart: hashes, ids, addresses and stack frames stay.
//!
//! Redacting twice changes nothing.

mod block;
mod rules;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex, RegexSet};

pub use rules::{RULES, Rule};

/// How what stands in place of a secret begins.
pub const MARK: &str = "[redacted: ";

/// A line without secrets. [`lines`] knows private keys too, which take several.
pub fn line(text: &str) -> Cow<'_, str> {
    line_counted(text).0
}

/// Takes the secrets out of lines that follow each other. Returns how many there were.
pub fn lines(texts: &mut [String]) -> u32 {
    let mut taken = block::take(texts);
    for text in texts {
        let (without, count) = line_counted(text);
        if let Cow::Owned(without) = without {
            *text = without;
        }
        taken += count;
    }
    taken
}

/// What is put in place of a secret.
pub fn replacement(rule: &str) -> String {
    format!("{MARK}{rule}]")
}

/// The rules, compiled once. A pattern that does not compile would be found by every test.
static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(|| {
    let patterns = RULES.map(|rule| rule.pattern);
    let rules = patterns.iter().map(|pattern| Regex::new(pattern));
    Some(Compiled {
        any: RegexSet::new(patterns).ok()?,
        rules: rules.collect::<Result<_, _>>().ok()?,
    })
});

struct Compiled {
    /// Finds out in one pass which rules match at all: most lines match none.
    any: RegexSet,
    rules: Vec<Regex>,
}

/// While a line is worked on, one character stands in place of each mark: so no rule can take a mark apart, or find a secret in it.
/// Private-use characters of plane 15, the rule's number added.
const FIRST_TOKEN: u32 = 0xf0000;

fn line_counted(text: &str) -> (Cow<'_, str>, u32) {
    let Some(compiled) = COMPILED.as_ref() else {
        // Rather nothing than a secret.
        return (Cow::Owned(replacement("everything")), 1);
    };
    let mut work = contract(text);
    let mut taken = 0;
    // What one rule takes out may have hidden something from another one. Each round leaves less to take, so this ends.
    loop {
        let before = taken;
        for index in &compiled.any.matches(&work) {
            let mut count = 0;
            let replaced = compiled.rules[index]
                .replace_all(&work, |found: &Captures<'_>| {
                    replace(found, index, &mut count)
                })
                .into_owned();
            if count > 0 {
                work = Cow::Owned(replaced);
                taken += count;
            }
        }
        if taken == before {
            break;
        }
    }
    if taken == 0 {
        return (Cow::Borrowed(text), 0);
    }
    (Cow::Owned(expand(&work)), taken)
}

/// A match with its group `secret` replaced, unless there is none to take.
fn replace(found: &Captures<'_>, rule: usize, count: &mut u32) -> String {
    let whole = &found[0];
    let Some(secret) = found.name("secret") else {
        return whole.to_owned();
    };
    if is_redacted(secret.as_str()) || rules::is_harmless(RULES[rule].name, secret.as_str()) {
        return whole.to_owned();
    }
    *count += 1;
    let begin = found.get(0).map_or(0, |all| all.start());
    let (from, to) = (secret.start() - begin, secret.end() - begin);
    let token = char::from_u32(FIRST_TOKEN + rule as u32).unwrap_or('\u{f0000}');
    format!("{}{token}{}", &whole[..from], &whole[to..])
}

/// Whether nothing is left to take: marks, and what separates them.
fn is_redacted(secret: &str) -> bool {
    secret.chars().any(|letter| rule_of(letter).is_some())
        && !secret.chars().any(char::is_alphanumeric)
}

fn rule_of(token: char) -> Option<&'static Rule> {
    RULES.get(u32::from(token).checked_sub(FIRST_TOKEN)? as usize)
}

/// With a character in place of each mark that is there already.
fn contract(text: &str) -> Cow<'_, str> {
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        out.push_str(before);
        let known = after.split_once(']').and_then(|(name, after)| {
            let rule = RULES.iter().position(|rule| rule.name == name)?;
            Some((char::from_u32(FIRST_TOKEN + rule as u32)?, after))
        });
        if let Some((token, after)) = known {
            out.push(token);
            rest = after;
        } else {
            out.push_str(MARK);
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// With marks in place of their characters.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    for letter in text.chars() {
        match rule_of(letter) {
            Some(rule) => out.push_str(&replacement(rule.name)),
            None => out.push(letter),
        }
    }
    out
}
