//! What of a log is shown for a search: the lines that say most of what was looked for, and those around them.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    log::Stream,
    view::{ExcerptPart, HitLine},
};

/// Around what was found in a marked text. They are control characters, of which a stored log has none, so that no log can pretend to a hit.
pub(super) const HIT: [char; 2] = ['\u{2}', '\u{3}'];
/// Lines with hits that are shown: those with the most different words, of equals the last, since the end of a log says most.
const SHOWN: usize = 3;
/// Lines that are shown before each of them …
const BEFORE: usize = 1;
/// … and after: what follows the first line of a panic tells where it was.
const AFTER: usize = 2;
/// Characters of a line that are shown …
const LONGEST: usize = 400;
/// … and before the first hit in it, if it is longer.
const LEAD: usize = 100;
/// In place of what is left out.
const LEFT_OUT: &str = "…";

/// What is shown of a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) lines: Vec<HitLine>,
    /// How many lines have a hit, shown or not.
    pub(super) lines_with_hits: u32,
}

impl Excerpt {
    /// From the whole log with [`HIT`] around what was found, and what is known of each line: its time in milliseconds, 0 when unknown, and
    /// whether it was written to standard error.
    pub(super) fn of(marked: &str, ms: &[i64], is_err: &[bool]) -> Self {
        let lines: Vec<Vec<ExcerptPart>> = marked.split('\n').map(parts).collect();
        let found: Vec<(usize, usize)> = lines
            .iter()
            .enumerate()
            .map(|(number, line)| (number, different(line)))
            .filter(|(_, words)| *words > 0)
            .collect();
        let mut best = found.clone();
        best.sort_by(|(a, a_words), (b, b_words)| b_words.cmp(a_words).then(b.cmp(a)));
        best.truncate(SHOWN);
        let shown: BTreeSet<usize> = best
            .into_iter()
            .flat_map(|(number, _)| number.saturating_sub(BEFORE)..=number + AFTER)
            .filter(|number| *number < lines.len())
            .collect();
        let line = |number: usize| HitLine {
            number: number as u32,
            at: ms
                .get(number)
                .filter(|ms| **ms != 0)
                .and_then(|ms| Timestamp::from_timestamp_millis(*ms)),
            stream: match is_err.get(number) {
                Some(true) => Stream::Err,
                _ => Stream::Out,
            },
            parts: clip(&lines[number]),
        };
        Self {
            lines: shown.into_iter().map(line).collect(),
            lines_with_hits: found.len() as u32,
        }
    }

    /// The lines as running text.
    pub(super) fn text(&self) -> Vec<ExcerptPart> {
        let mut text: Vec<ExcerptPart> = Vec::new();
        let mut last: Option<u32> = None;
        for line in &self.lines {
            let between = match last {
                None => "",
                Some(last) if last + 1 == line.number => "\n",
                Some(_) => "\n…\n",
            };
            for part in std::iter::once(&plain(between)).chain(&line.parts) {
                match text.last_mut() {
                    Some(before) if before.is_hit == part.is_hit => before.text += &part.text,
                    _ if part.text.is_empty() => {}
                    _ => text.push(part.clone()),
                }
            }
            last = Some(line.number);
        }
        text
    }
}

fn plain(text: &str) -> ExcerptPart {
    ExcerptPart {
        text: text.to_owned(),
        is_hit: false,
    }
}

/// A line at its marks.
fn parts(line: &str) -> Vec<ExcerptPart> {
    line.split(HIT)
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(index, text)| ExcerptPart {
            text: text.to_owned(),
            is_hit: index % 2 == 1,
        })
        .collect()
}

/// How many different words were found.
fn different(parts: &[ExcerptPart]) -> usize {
    let hits = parts.iter().filter(|part| part.is_hit);
    let words: BTreeSet<String> = hits.map(|part| part.text.to_lowercase()).collect();
    words.len()
}

/// A long line, cut so that its first hit is to be seen.
fn clip(parts: &[ExcerptPart]) -> Vec<ExcerptPart> {
    let length = |part: &ExcerptPart| part.text.chars().count();
    let all: usize = parts.iter().map(length).sum();
    if all <= LONGEST {
        return parts.to_vec();
    }
    let before_hit = parts.iter().take_while(|part| !part.is_hit);
    let lead: usize = before_hit.map(length).sum();
    // Not farther than to where the rest fits; a line without a hit has its whole length before it.
    let from = if lead == all {
        0
    } else {
        lead.saturating_sub(LEAD).min(all - LONGEST)
    };
    let to = from + LONGEST;
    let mut clipped = Vec::new();
    if from > 0 {
        clipped.push(plain(LEFT_OUT));
    }
    let mut begin = 0;
    for part in parts {
        let end = begin + length(part);
        let (skip, end_shown) = (from.max(begin), to.min(end));
        if skip < end_shown {
            let text = part.text.chars().skip(skip - begin);
            clipped.push(ExcerptPart {
                text: text.take(end_shown - skip).collect(),
                is_hit: part.is_hit,
            });
        }
        begin = end;
    }
    if to < all {
        clipped.push(plain(LEFT_OUT));
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[ExcerptPart]) -> String {
        let say = |part: &ExcerptPart| {
            if part.is_hit {
                format!("[{}]", part.text)
            } else {
                part.text.clone()
            }
        };
        parts.iter().map(say).collect()
    }

    fn excerpt(marked: &str) -> Excerpt {
        let marked = marked.replace('[', "\u{2}").replace(']', "\u{3}");
        let lines = marked.split('\n').count();
        Excerpt::of(&marked, &vec![1_000; lines], &vec![false; lines])
    }

    #[test]
    fn lines_with_most_words_are_shown_with_those_around_them() {
        let mut log: Vec<String> = (0..30).map(|n| format!("line {n}")).collect();
        log[3] = "a [map]".to_owned();
        log[12] = "[nil] [map] <b>".to_owned();
        log[20] = "[map] [map]".to_owned();
        log[28] = "[nil]".to_owned();
        let excerpt = excerpt(&log.join("\n"));
        assert_eq!(excerpt.lines_with_hits, 4);
        let shown: Vec<u32> = excerpt.lines.iter().map(|line| line.number).collect();
        assert_eq!(shown, [11, 12, 13, 14, 19, 20, 21, 22, 27, 28, 29]);
        assert_eq!(
            said(&excerpt.text()),
            "line 11\n[nil] [map] <b>\nline 13\nline 14\n…\nline 19\n[map] [map]\nline 21\nline 22\n…\nline 27\n[nil]\nline 29"
        );
    }

    #[test]
    fn what_is_known_of_a_line_stays_with_it() {
        let excerpt = Excerpt::of("a\n\u{2}b\u{3}\nc", &[0, 1_500], &[false, true]);
        let told: Vec<_> = excerpt
            .lines
            .iter()
            .map(|line| (line.at.map(|at| at.timestamp_millis()), line.stream))
            .collect();
        let expected = [
            (None, Stream::Out),
            (Some(1_500), Stream::Err),
            (None, Stream::Out),
        ];
        assert_eq!(told, expected);
        let nothing = Excerpt::of("a\nb", &[0, 0], &[false, false]);
        assert_eq!((nothing.lines.len(), nothing.lines_with_hits), (0, 0));
        assert_eq!(nothing.text(), []);
    }

    #[test]
    fn long_lines_are_cut_around_what_was_found() {
        let long = "é".repeat(1_000);
        for (line, begins, ends) in [
            (format!("[hit]{long}"), "[hit]é", "é…"),
            (format!("{long}[hit]"), "…é", "é[hit]"),
            (format!("{long}[hit]{long}"), "…é", "é…"),
            (format!("[{long}]"), "[é", "é]…"),
        ] {
            let shown = said(&excerpt(&line).lines[0].parts);
            assert!(
                shown.starts_with(begins) && shown.ends_with(ends),
                "{shown}"
            );
            assert!(shown.contains('['), "{shown}");
            let letters = shown.chars().filter(|letter| !"[]…".contains(*letter));
            assert_eq!(letters.count(), LONGEST);
        }
        let beside = excerpt(&format!("[hit]\n{long}"));
        assert_eq!(
            said(&beside.lines[1].parts),
            format!("{}…", "é".repeat(LONGEST))
        );
    }
}
