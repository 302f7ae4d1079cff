//! `[alerts]` and `[[rule]]`: where messages may go, and the rules of files.

use std::path::PathBuf;

use domain::alert::{Fields, Rule};

use super::{
    document,
    problem::Problem,
    reader::{Reader, Value},
    secret::Secret,
    values,
};

/// What is configured about alerts.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    /// Where people reach the pages, for links in messages; `None` for the address that is listened on.
    pub public_url: Option<String>,
    /// Whether messages may be sent to addresses that are not public.
    pub allow_private_addresses: bool,
    /// What secrets of channels are encrypted with; `None` for a key in the data folder.
    pub secret_key: Option<Secret>,
    /// Rules of files.
    pub rules: Vec<Rule>,
}

/// Shorter ones are guessed.
const SHORTEST_KEY: usize = 16;

/// Reads what is configured; `None` when something is wrong, which is then among the problems.
pub(super) fn read(reader: &mut Reader) -> Option<Alerts> {
    let public_url = reader.setting("alerts.public_url", "", values::public_url);
    let allow_private_addresses =
        reader.setting("alerts.allow_private_addresses", "false", values::flag);
    let secret_key = reader.secret("alerts.secret_key", |text| {
        if text.len() < SHORTEST_KEY {
            return Err(format!(
                "is too short; use at least {SHORTEST_KEY} characters"
            ));
        }
        Ok(text.to_owned())
    });
    let mut rules = rules(reader);
    for path in reader.list("alerts.rule_files", |path| Ok(PathBuf::from(path))) {
        let mut file = Reader::default();
        document::read(&path, &mut file);
        rules.extend(self::rules(&mut file));
        if let Err(problems) = file.finish() {
            problems
                .0
                .into_iter()
                .for_each(|problem| reader.problem(problem));
        }
    }
    let mut names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    names.sort_unstable();
    for pair in names.windows(2) {
        if let [first, second] = pair
            && first == second
        {
            reader.problem(Problem {
                origin: super::problem::Origin::Default,
                key: Some("rule.name".to_owned()),
                text: format!("`{first}` is the name of two rules; names must differ"),
            });
        }
    }
    Some(Alerts {
        public_url: public_url?,
        allow_private_addresses: allow_private_addresses?,
        secret_key,
        rules,
    })
}

/// Every `[[rule]]`, each wrong field with its line.
pub(super) fn rules(reader: &mut Reader) -> Vec<Rule> {
    let mut rules = Vec::new();
    for table in reader.tables("rule") {
        let given = reader.table(&table);
        let fields: Fields = given
            .iter()
            .map(|(name, value)| (name.as_str(), text(value)))
            .collect();
        match Rule::read(&fields) {
            Ok(rule) => rules.push(rule),
            Err(problems) => {
                for problem in problems {
                    reader.problem(Problem {
                        origin: reader.origin_in(&table, &problem.field),
                        key: Some(format!("rule.{}", problem.field)),
                        text: problem.problem,
                    });
                }
            }
        }
    }
    rules
}

/// A list as rules write it.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List(items) => items.join(", "),
    }
}
