//! What readers of several languages need.

/// Longer messages are cut: some runtimes print whole objects.
const LONGEST: usize = 500;

/// A message on one line, cut at a length that can be shown.
pub(super) fn message(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `Kind: message` as both; the kind is one word that may have dots.
pub(super) fn kind_and_message(line: &str) -> (String, String) {
    let line = line.trim();
    match line.split_once(": ") {
        Some((kind, rest)) => (kind.to_owned(), message(rest)),
        None => (line.trim_end_matches(':').to_owned(), String::new()),
    }
}

/// Whether a word is the name of an exception: `ValueError`, `java.lang.IllegalStateException`.
pub(super) fn names_exception(word: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._$`".contains(letter);
    !word.is_empty()
        && word.chars().all(plain)
        && [
            "Error",
            "Exception",
            "Throwable",
            "Exit",
            "Interrupt",
            "Warning",
        ]
        .iter()
        .any(|end| word.ends_with(end))
}

/// A message in which everything is taken out that differs from run to run: numbers, addresses, what stands in quotes.
pub(super) fn normal(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut quote = None;
    for word in message.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let (body, end) = match word.char_indices().next_back() {
            Some((at, letter)) if !letter.is_alphanumeric() => (&word[..at], Some(letter)),
            _ => (word, None),
        };
        if quote.is_none() {
            let varies = body.chars().any(|letter| letter.is_ascii_digit());
            out.push_str(if varies { "#" } else { body });
        }
        match (quote, end) {
            (Some(open), Some(letter)) if letter == open => {
                quote = None;
                out.push(letter);
            }
            (None, Some(letter @ ('"' | '\'' | '`'))) => {
                // An apostrophe within a word opens nothing.
                if body.is_empty() {
                    quote = Some(letter);
                }
                out.push(letter);
            }
            (None, Some(letter)) => out.push(letter),
            _ => {}
        }
    }
    out
}

/// Whether the runtime says that its memory is used up, in the words of each runtime.
pub(super) fn says_out_of_memory(kind: &str, message: &str) -> bool {
    const KINDS: [&str; 3] = ["OutOfMemoryError", "OutOfMemoryException", "MemoryError"];
    const WORDS: [&str; 5] = [
        "heap out of memory",
        "runtime: out of memory",
        "cannot allocate memory",
        "std::bad_alloc",
        "memory allocation of",
    ];
    KINDS.iter().any(|end| kind.ends_with(end)) || WORDS.iter().any(|words| message.contains(words))
}
