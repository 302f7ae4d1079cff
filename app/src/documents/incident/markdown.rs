//! The post-mortem as Markdown, for a ticket or a wiki.

use std::fmt::{self, Write as _};

use domain::{
    log::LogLine,
    verdict::Stance,
    view::{EntryKind, RestartRow},
};

use super::{PostMortem, restarts::LISTED, story, words};
use crate::{
    documents::evidence::{excerpt::pick, words as said_before},
    format::{count, day_clock, duration, percent, rfc3339, span, version},
};

/// The text. `origin` is where the server is, `https://inquest.example.com`.
pub fn markdown(page: &PostMortem, origin: &str) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _infallible = write(&mut text, page, origin);
    // Between a number and its unit there is a no-break space on screen; in a text it is only in the way of searching.
    text.replace(crate::format::NBSP, " ")
}

fn write(out: &mut String, page: &PostMortem, origin: &str) -> fmt::Result {
    let row = &page.incident.row;
    writeln!(out, "# {}\n", plain(&words::headline(row)))?;
    let (from, to) = (
        row.began_at.timestamp_millis(),
        row.last_at.timestamp_millis(),
    );
    writeln!(
        out,
        "[I-{id}]({origin}/incidents/{id}) · {} · {}: {}\n",
        span(from, to),
        words::state_name(row.state),
        words::state(row),
        id = row.id,
    )?;
    let sure = row.confidence.map_or_else(String::new, |confidence| {
        let share = words::sureness(page).map_or_else(String::new, |share| format!(" {share}"));
        format!(", {}{share}", confidence.name())
    });
    let (claim, rest) = words::claim(page);
    writeln!(
        out,
        "**{}{sure}.** {} {}\n",
        row.cause.label(),
        plain(&claim),
        plain(&rest)
    )?;
    facts(out, page)?;
    evidence(out, page)?;
    said(out, page)?;
    follows(out, page)?;
    timeline(out, page)?;
    restarts(out, page)?;
    notes(out, page)?;
    similar(out, page, origin)
}

fn facts(out: &mut String, page: &PostMortem) -> fmt::Result {
    let row = &page.incident.row;
    writeln!(out, "- Source: {}", plain(&row.source))?;
    if let Some(name) = &row.workload_name {
        writeln!(out, "- Workload: {}", plain(name))?;
    }
    if !page.incident.images.is_empty() {
        writeln!(out, "- Images: `{}`", page.incident.images.join("`, `"))?;
    }
    if let Some(fault) = &row.fault {
        writeln!(out, "- Fault: `{fault}`")?;
    }
    if let Some(owner) = &row.owner {
        writeln!(out, "- Owner: {}", plain(owner))?;
    }
    writeln!(out, "- Restarts: {}", count(f64::from(row.restarts)))?;
    for victim in page
        .incident
        .victims
        .iter()
        .filter(|_| row.workload.is_none())
    {
        let down = if victim.is_down { ", stayed down" } else { "" };
        writeln!(
            out,
            "- Went down: {} ({}{down})",
            plain(&victim.name),
            words::restarts(victim.restarts as usize)
        )?;
    }
    Ok(())
}

fn evidence(out: &mut String, page: &PostMortem) -> fmt::Result {
    let Some(row) = page.representative() else {
        return Ok(());
    };
    writeln!(
        out,
        "\n## Evidence\n\nOf the restart on {} UTC.\n",
        day_clock(row.ended_at.timestamp_millis())
    )?;
    let all = page.incident.confidences.total();
    for item in &row.evidence {
        let stance = match item.stance {
            Stance::For => "For",
            Stance::Against => "Against",
            Stance::Missing => "Missing",
        };
        let known = &page.incident.evidence;
        let found = known
            .iter()
            .find(|known| known.stance == item.stance && known.kind == item.kind);
        let share = found.filter(|_| all > 1).map_or_else(String::new, |found| {
            format!(" ({} of {all})", found.restarts)
        });
        writeln!(out, "- {stance}: {}{share}", plain(&item.text))?;
    }
    Ok(())
}

/// The panic, and the log in brief as a block whose characters stand for themselves.
fn said(out: &mut String, page: &PostMortem) -> fmt::Result {
    let panic = page.restart.as_ref().and_then(|it| it.panic.as_ref());
    let log = page.log.as_ref().filter(|log| !log.lines.is_empty());
    let goroutines = page.restart.as_ref().and_then(|it| it.goroutines.as_ref());
    if panic.is_some() || log.is_some() || goroutines.is_some() {
        writeln!(out, "\n## What it said")?;
    }
    if let Some(panic) = panic {
        let group = &panic.group;
        writeln!(
            out,
            "\n**{}**: {}\n\n{}{} `{}`",
            plain(&group.kind),
            plain(&group.message),
            plain(&said_before::seen(group)),
            said_before::came_back(group)
                .map_or_else(String::new, |back| format!(" {}", plain(&back))),
            group.fingerprint
        )?;
    }
    if let Some(growth) = goroutines {
        let said = said_before::piled_up(growth);
        writeln!(out, "\n**Goroutines**: {}", plain(&said))?;
    }
    let Some(log) = log else {
        return Ok(());
    };
    let fence = fence(&log.lines);
    writeln!(out, "\n{fence}text")?;
    let mut end = 0;
    for range in pick(log, panic) {
        if range.start > end {
            writeln!(out, "… {} lines", count((range.start - end) as f64))?;
        }
        end = range.end;
        for line in &log.lines[range] {
            let at = line.at.map_or_else(String::new, |at| {
                format!("{} ", rfc3339(at.timestamp_millis()))
            });
            writeln!(out, "{at}{}", line.text)?;
        }
    }
    writeln!(out, "{fence}")
}

/// A fence that no line can close.
fn fence(lines: &[LogLine]) -> String {
    let runs = lines
        .iter()
        .flat_map(|line| line.text.split(|c| c != '`'))
        .map(str::len);
    "`".repeat(runs.max().unwrap_or(0).max(2) + 1)
}

fn follows(out: &mut String, page: &PostMortem) -> fmt::Result {
    let said = words::follows(page);
    if said.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## What its ends follow\n\n{}",
        plain(&said.join(" "))
    )
}

fn timeline(out: &mut String, page: &PostMortem) -> fmt::Result {
    let (lines, left_out) = story::tell(page);
    writeln!(out, "\n## Timeline\n")?;
    for line in &lines {
        let more = if line.more.is_empty() {
            String::new()
        } else {
            format!(": {}", plain(&line.more))
        };
        writeln!(
            out,
            "- {} {}{more}",
            rfc3339(line.at.timestamp_millis()),
            plain(&line.text)
        )?;
    }
    if left_out > 0 {
        writeln!(out, "- … and {} earlier lines", count(left_out as f64))?;
    }
    Ok(())
}

fn restarts(out: &mut String, page: &PostMortem) -> fmt::Result {
    let rows = &page.restarts.data;
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Restarts\n\n| Ended | Workload | Confidence | Exit | Ran for | Memory, last | Tasks, last | Down for | Version |\n|---|---|---|---:|---:|---:|---:|---:|---|"
    )?;
    for row in rows.iter().take(LISTED) {
        writeln!(out, "{}", table_row(row))?;
    }
    let all = page.incident.row.restarts as usize;
    let shown = rows.len().min(LISTED);
    if shown < all {
        writeln!(out, "\nThe newest {shown} of {}.", count(all as f64))?;
    }
    Ok(())
}

fn table_row(row: &RestartRow) -> String {
    let unknown = || "–".to_owned();
    let cells = [
        rfc3339(row.ended_at.timestamp_millis()),
        plain(&row.workload_name),
        row.confidence.name().to_owned(),
        row.exit_code.map_or_else(unknown, |code| code.to_string()),
        duration(row.ran_for_ms),
        row.last_memory_ratio.map_or_else(unknown, percent),
        row.tasks_at_end.map_or_else(unknown, |n| count(n as f64)),
        row.started_at.map_or_else(
            || "stayed down".to_owned(),
            |started| duration((started - row.ended_at).num_milliseconds()),
        ),
        plain(&version(&row.image, row.next_image.as_deref())),
    ];
    format!("| {} |", cells.join(" | "))
}

fn notes(out: &mut String, page: &PostMortem) -> fmt::Result {
    let entries = page.incident.entries.iter();
    let mut notes = entries
        .filter(|entry| entry.kind == EntryKind::Note)
        .peekable();
    if notes.peek().is_some() {
        writeln!(out, "\n## Notes")?;
    }
    for note in notes {
        let who = note.who.as_deref().unwrap_or("Somebody");
        // What people write is Markdown already.
        writeln!(
            out,
            "\n**{}**, {}:\n\n{}",
            plain(who),
            rfc3339(note.at.timestamp_millis()),
            note.text
        )?;
    }
    Ok(())
}

fn similar(out: &mut String, page: &PostMortem, origin: &str) -> fmt::Result {
    if page.incident.similar.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Similar incidents\n")?;
    for similar in &page.incident.similar {
        let row = &similar.incident;
        writeln!(
            out,
            "- [I-{id}]({origin}/incidents/{id}) {}",
            plain(&words::headline(row)),
            id = row.id
        )?;
    }
    Ok(())
}

/// Text whose characters stand for themselves, on one line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => {
                plain.push('\\');
                plain.push(c);
            }
            c => plain.push(c),
        }
    }
    plain
}
