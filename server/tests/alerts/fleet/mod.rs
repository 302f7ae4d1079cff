//! A fleet from the engine's HTTP up to receivers of webhooks and mail, with the rules that are there from the start: what truly happened,
//! held against what people were told.

#[path = "../../score/aside.rs"]
mod aside;
mod passing;
mod told;
mod watching;

use chrono::TimeDelta;
use simulator::{Cause, Death, Fleet};

use self::{
    passing::{Passed, pass},
    told::{Said, by_mail, by_webhook},
};
use crate::{
    database::empty_database,
    mailbox::{Mail, Mailbox},
    mailserver::MailServer,
    receiver::Receiver,
    scene::webhook,
    smtp,
};

/// Rules that warn before memory meets its limit.
const WARNINGS: [&str; 2] = [
    "Memory close to its limit",
    "Memory limit within 30 minutes",
];
/// Of a life that was watched for less its growth cannot be told, and its last minute may have passed already.
const WATCHED: TimeDelta = TimeDelta::minutes(10);
const OUT_OF_MEMORY: &str = "Out of memory";

/// What happened, and what each of two people was told.
struct Story {
    passed: Passed,
    said: Vec<Said>,
    mails: Vec<Said>,
}

impl Story {
    async fn of(fleet: Fleet, length: TimeDelta) -> Self {
        let (receiver, mailbox) = (Receiver::start().await, Mailbox::start().await);
        // One that others wrote, where there is one.
        let server = MailServer::start("plain");
        let port = server.as_ref().map_or(mailbox.port, |server| server.port);
        let url = empty_database().await;
        let channels = vec![webhook(&receiver.url), smtp::channel(port)];
        let passing = tokio::task::spawn_blocking(move || pass(fleet, length, url, channels));
        let passed = passing.await.unwrap();
        let mails = match server {
            None => mailbox.mails(),
            // As many as the other got: both were due at the same moments.
            Some(server) => {
                let taken = server.taken(receiver.got().len());
                for mail in &taken {
                    assert_eq!(mail.to, ["ops@example.com"]);
                    assert_eq!(mail.user.as_deref(), Some("inquest"));
                }
                taken.iter().map(|mail| Mail::of(&mail.content)).collect()
            }
        };
        Self {
            passed,
            said: by_webhook(&receiver),
            mails: by_mail(&mails),
        }
    }

    /// Ends that were watched and told: those of the last moments were not yet.
    fn ends(&self) -> impl Iterator<Item = &Death> {
        let (from, until) = (self.passed.from, self.passed.until);
        let settled = until - TimeDelta::seconds(30);
        let deaths = self.passed.truth.deaths.iter();
        deaths.filter(move |death| (from..settled).contains(&death.ended_at))
    }

    fn ends_by(&self, causes: &'static [Cause]) -> impl Iterator<Item = &Death> {
        self.ends().filter(|death| causes.contains(&death.cause))
    }

    fn of_workload<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Said> {
        self.said.iter().filter(move |said| said.name == name)
    }

    /// Every end by memory was told once, with its cause, by either way; and nothing was told that did not happen.
    fn each_out_of_memory_is_told_once(&self) {
        const MEMORY: &[Cause] = &[
            Cause::OutOfMemory,
            Cause::NodeOutOfMemory,
            Cause::RuntimeOutOfMemory,
        ];
        let mut ends: Vec<(String, &str)> = self
            .ends_by(MEMORY)
            .map(|death| (death.workload.clone(), death.cause.name()))
            .collect();
        ends.sort();
        assert!(!ends.is_empty(), "none happened");
        for (way, said) in [("webhook", &self.said), ("mail", &self.mails)] {
            let mut told: Vec<(String, &str)> = said
                .iter()
                .filter(|said| said.rule == OUT_OF_MEMORY && !said.is_over)
                .map(|said| (said.name.clone(), said.cause.as_deref().unwrap_or("none")))
                .collect();
            told.sort();
            assert_eq!(told, ends, "told by {way}");
        }
        for death in self.ends_by(MEMORY) {
            let told = self.of_workload(&death.workload).filter(|said| {
                said.rule == OUT_OF_MEMORY
                    && !said.is_over
                    && (said.at.unwrap() - death.ended_at).abs() < TimeDelta::seconds(2)
            });
            assert_eq!(told.count(), 1, "{death:?}");
        }
    }

    /// How long before each end of these by memory somebody was told of it in the life that ended, the shortest first.
    fn warned_before(&self, is_leak: impl Fn(&str) -> bool) -> Vec<TimeDelta> {
        let leaks = self.ends_by(&[Cause::OutOfMemory]).filter(|death| {
            let watched = death.ended_at - death.started_at.max(self.passed.from);
            is_leak(&death.workload) && watched >= WATCHED
        });
        let mut before: Vec<TimeDelta> = leaks
            .map(|death| {
                let first = self.of_workload(&death.workload).find(|said| {
                    WARNINGS.contains(&said.rule.as_str())
                        && !said.is_over
                        && said.at.unwrap() > death.started_at
                        && said.at.unwrap() < death.ended_at
                });
                let Some(first) = first else {
                    let all: Vec<&Said> = self.of_workload(&death.workload).collect();
                    panic!("{death:?} came without a warning; said was {all:#?}");
                };
                death.ended_at - first.at.unwrap()
            })
            .collect();
        before.sort();
        before
    }

    /// Both ways say the same.
    fn mail_says_what_the_webhook_says(&self) {
        let essence = |said: &[Said]| {
            let mut all: Vec<_> = said
                .iter()
                .map(|said| (said.rule.clone(), said.name.clone(), said.is_over))
                .collect();
            all.sort();
            all
        };
        assert_eq!(essence(&self.mails), essence(&self.said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fleet_warns_of_leaks_tells_each_end_by_memory_once_and_no_deploy() {
    let story = Story::of(Fleet::demo(), TimeDelta::minutes(100)).await;
    story.each_out_of_memory_is_told_once();
    story.mail_says_what_the_webhook_says();
    let before = story.warned_before(|workload| workload == "checkout");
    assert_eq!(before.len(), 2, "ends of checkout");
    // Its growth is told, not only that it is close: there is time to do something.
    assert!(before[0] >= TimeDelta::minutes(10), "{before:?}");

    let deploys = story.ends_by(&[Cause::Deployed]).count();
    assert!(deploys >= 5, "deploys: {deploys}");
    let said: Vec<&Said> = story.of_workload("api-gateway").collect();
    assert!(said.is_empty(), "{said:#?}");

    let children = story
        .of_workload("thumbnailer")
        .filter(|said| !said.is_over);
    let truth = story.passed.truth.child_ooms.iter();
    let (from, until) = (
        story.passed.from,
        story.passed.until - TimeDelta::seconds(30),
    );
    let happened = truth.filter(|child| (from..until).contains(&child.at));
    assert_eq!(children.count(), happened.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn leaks_of_any_length_are_announced_and_what_people_do_on_purpose_is_not() {
    let fleet = Fleet::parse(include_str!("trouble.toml")).unwrap();
    let story = Story::of(fleet, TimeDelta::minutes(90)).await;
    story.each_out_of_memory_is_told_once();
    story.mail_says_what_the_webhook_says();
    let before = story.warned_before(|workload| workload.starts_with("leak"));
    assert!(before.len() >= 8, "{before:?}");
    for (cause, least) in [(Cause::Deployed, 6), (Cause::Stopped, 8)] {
        let ends = story.ends().filter(|death| death.cause == cause).count();
        assert!(ends >= least, "{cause:?}: {ends}");
    }
    for quiet in ["web-1", "web-2", "web-3", "operated", "collector", "batch"] {
        let said: Vec<&Said> = story.of_workload(quiet).collect();
        assert!(said.is_empty(), "{said:#?}");
    }
}
