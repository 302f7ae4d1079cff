//! Words that channels share.

use domain::alert::{Message, Notice};

use super::kind::Envelope;

/// More than this in one message is a storm: told by its numbers, with the newest in full.
pub(super) const STORM: usize = 10;

/// The line that says what a message is about.
pub(super) fn title(envelope: &Envelope<'_>) -> String {
    match envelope.said {
        [one] => one.message.title(),
        many => {
            let over = many
                .iter()
                .filter(|said| said.message.notice == Notice::Resolved)
                .count();
            let firing = many.len() - over;
            let names = names(envelope);
            match (firing, over) {
                (firing, 0) => format!("{firing} alerts on {names}"),
                (0, over) => format!("{over} alerts over on {names}"),
                (firing, over) => format!("{firing} alerts, {over} over on {names}"),
            }
        }
    }
}

/// Whom it is about: names while they are few, their number else.
fn names(envelope: &Envelope<'_>) -> String {
    let mut names: Vec<&str> = envelope
        .said
        .iter()
        .map(|said| said.message.subject.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.len() <= 3 {
        names.join(", ")
    } else {
        format!("{} workloads", names.len())
    }
}

/// What is told in full, and how many are left out of that.
pub(super) fn told<'a>(
    envelope: &Envelope<'a>,
) -> (impl Iterator<Item = &'a Message> + use<'a>, usize) {
    let left_out = envelope.said.len().saturating_sub(STORM);
    (
        envelope.said.iter().take(STORM).map(|said| &said.message),
        left_out,
    )
}

/// A message in plain lines.
pub(super) fn lines(envelope: &Envelope<'_>, message: &Message) -> Vec<String> {
    let mut lines: Vec<String> = message
        .facts()
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    if !message.text.is_empty() {
        lines.push(message.text.clone());
    }
    lines.extend(
        message
            .runbook
            .as_ref()
            .map(|link| format!("Runbook: {link}")),
    );
    lines.push(envelope.link(message));
    lines
}

/// The whole in plain text, cut at `most` bytes.
pub(super) fn plain(envelope: &Envelope<'_>, most: usize) -> String {
    let (told, left_out) = told(envelope);
    let single = envelope.said.len() == 1;
    let mut parts: Vec<String> = told
        .map(|message| {
            let lines = lines(envelope, message).join("\n");
            if single {
                lines
            } else {
                format!("{}\n{lines}", message.title())
            }
        })
        .collect();
    if left_out > 0 {
        parts.push(format!("and {left_out} more: {}/alerts", envelope.base_url));
    }
    cut(&parts.join("\n\n"), most)
}

/// At most so many bytes, cut at a character.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most.saturating_sub("…".len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    format!("{}…", &text[..end])
}

/// Whether anything in it is the matter.
pub(super) fn is_firing(envelope: &Envelope<'_>) -> bool {
    envelope.said.iter().any(|said| said.message.is_firing())
}

/// Text for places that read HTML.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
