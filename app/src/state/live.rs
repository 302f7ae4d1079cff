//! The stream of changes: one `EventSource` for all pages, which tells what changed; pages fetch the data themselves.
//!
//! The stream is closed while nobody looks at the tab and opened again when somebody does. After every silence all data count as
//! changed, because nobody knows what was missed.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::now_ms;

/// Where the server sends the stream.
const URL: &str = "/api/v1/events";

/// Changes are gathered for so long before pages are told: a burst causes one fetch, not many.
const GATHER: Duration = Duration::from_secs(1);

/// After the server refused the stream. A connection that merely broke is retried by the browser on its own.
const RETRY: Duration = Duration::from_secs(5);

/// What can change. The names are those of the stream's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// New numbers.
    Poll,
    /// A ledger entry was written or completed.
    Restart,
    /// A dated fact other than a restart.
    Timeline,
    /// A source is in another state.
    Source,
}

impl Change {
    const ALL: [Self; 4] = [Self::Poll, Self::Restart, Self::Timeline, Self::Source];

    const fn event(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Restart => "restart",
            Self::Timeline => "timeline",
            Self::Source => "source",
        }
    }
}

/// How fresh the page is. Times are milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As the server rendered it; without JavaScript it stays so.
    Rendered {
        /// When.
        at: i64,
    },
    /// Kept up to date.
    Live {
        /// When something last changed.
        at: i64,
    },
    /// The stream broke; what is shown may be old.
    Stale {
        /// Since when.
        since: i64,
    },
}

/// How fresh the page is, and which data changed how often.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    status: RwSignal<Status>,
    versions: [RwSignal<u32>; Change::ALL.len()],
    firing: RwSignal<u32>,
}

impl Live {
    /// Nothing changed yet on a page that was rendered at `rendered_at`, when so many alerts fired. Call [`Live::connect`] in the browser.
    pub fn new(rendered_at: i64, firing: u32) -> Self {
        Self {
            status: RwSignal::new(Status::Rendered { at: rendered_at }),
            versions: std::array::from_fn(|_| RwSignal::new(0)),
            firing: RwSignal::new(firing),
        }
    }

    /// How many alerts fire and are not held back.
    pub fn firing(self) -> RwSignal<u32> {
        self.firing
    }

    /// How fresh the page is.
    pub fn status(self) -> Signal<Status> {
        self.status.into()
    }

    /// A number that is another one after each of these changes: make it the source of a resource that is to be fetched again.
    pub fn version(self, changes: &[Change]) -> u32 {
        changes
            .iter()
            .map(|change| self.versions[*change as usize].get())
            .fold(0, u32::wrapping_add)
    }

    /// Opens the stream for as long as the page lives. Only in the browser.
    pub fn connect(self) {
        let stream = Stream::new(self);
        let _lasts = window_event_listener_untyped("visibilitychange", {
            let stream = Rc::clone(&stream);
            move |_| stream.follow_visibility()
        });
        stream.follow_visibility();
    }

    fn note(self, changes: &[Change]) {
        for change in changes {
            self.versions[*change as usize].update(|version| *version = version.wrapping_add(1));
        }
        self.status.set(Status::Live { at: now_ms() });
    }
}

/// The name of an event, and what is done about it.
type Listener = (&'static str, Closure<dyn FnMut(MessageEvent)>);

/// The open stream, if any, and what it brought since pages were last told.
struct Stream {
    live: Live,
    source: RefCell<Option<EventSource>>,
    listeners: RefCell<Vec<Listener>>,
    gathered: RefCell<Vec<Change>>,
    greeted: Cell<bool>,
}

impl Stream {
    fn new(live: Live) -> Rc<Self> {
        let stream = Rc::new(Self {
            live,
            source: RefCell::default(),
            listeners: RefCell::default(),
            gathered: RefCell::default(),
            greeted: Cell::new(false),
        });
        let mut listeners = Vec::new();
        let mut on = |event, act: fn(&Rc<Self>)| {
            let stream = Rc::clone(&stream);
            listeners.push((event, Closure::new(move |_| act(&stream))));
        };
        on("hello", Self::greet);
        on("resync", Self::missed);
        on("error", Self::broke);
        on(Change::Poll.event(), |stream| stream.gather(Change::Poll));
        on(Change::Restart.event(), |stream| {
            stream.gather(Change::Restart);
        });
        on(Change::Timeline.event(), |stream| {
            stream.gather(Change::Timeline);
        });
        on(Change::Source.event(), |stream| {
            stream.gather(Change::Source);
        });
        let count = Closure::new(move |event: MessageEvent| {
            if let Some(firing) = event.data().as_string().and_then(|data| firing_in(&data)) {
                live.firing.set(firing);
            }
        });
        listeners.push(("alert", count));
        stream.listeners.replace(listeners);
        stream
    }

    fn follow_visibility(self: &Rc<Self>) {
        if document().hidden() {
            if let Some(source) = self.source.take() {
                source.close();
            }
        } else if self.source.borrow().is_none() {
            self.open();
        }
    }

    fn open(&self) {
        let Ok(source) = EventSource::new(URL) else {
            return;
        };
        for (event, listener) in self.listeners.borrow().iter() {
            let _only_fails_without_a_target =
                source.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
        }
        self.source.replace(Some(source));
    }

    /// The first greeting meets a page that was rendered a moment ago; every later one ends a silence.
    fn greet(self: &Rc<Self>) {
        if self.greeted.replace(true) {
            self.missed();
        } else {
            self.live.note(&[]);
        }
    }

    fn missed(self: &Rc<Self>) {
        self.live.note(&Change::ALL);
    }

    fn broke(self: &Rc<Self>) {
        self.live.status.update(|status| {
            if !matches!(status, Status::Stale { .. }) {
                *status = Status::Stale { since: now_ms() };
            }
        });
        let refused = self
            .source
            .borrow()
            .as_ref()
            .is_some_and(|source| source.ready_state() == EventSource::CLOSED);
        if refused {
            self.source.take();
            let stream = Rc::clone(self);
            set_timeout(move || stream.follow_visibility(), RETRY);
        }
    }

    fn gather(self: &Rc<Self>, change: Change) {
        let mut gathered = self.gathered.borrow_mut();
        if gathered.is_empty() {
            let stream = Rc::clone(self);
            set_timeout(move || stream.live.note(&stream.gathered.take()), GATHER);
        }
        if !gathered.contains(&change) {
            gathered.push(change);
        }
    }
}

/// The number in `{"type":"alert","firing":3}`. One number needs no reader of JSON.
fn firing_in(data: &str) -> Option<u32> {
    let (_, number) = data.rsplit_once(':')?;
    number.trim_end_matches('}').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::firing_in;

    #[test]
    fn the_number_of_an_alert_event_is_read() {
        assert_eq!(firing_in(r#"{"type":"alert","firing":3}"#), Some(3));
        assert_eq!(firing_in(r#"{"type":"alert","firing":null}"#), None);
        assert_eq!(firing_in(""), None);
    }
}
