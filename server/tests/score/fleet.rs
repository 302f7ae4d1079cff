//! The fleet: hosts with their engines, and on each the workloads of a usual shop, most of them healthy.
//!
//! Every host is written as a fleet file of the simulator. What a workload is begins its name, so that its true nature is known to who
//! reads the ledger: `leak-3`, `cache-14`.

use std::fmt::Write as _;

use crate::dice::Dice;

/// One engine, and what runs on it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) number: usize,
    /// The simulator's fleet file.
    pub(crate) toml: String,
    /// Engine clock minus ours, in milliseconds.
    pub(crate) skew_ms: i64,
    /// When the engine is restarted, in seconds from the begin: its streams break then.
    pub(crate) restarts_s: Vec<f64>,
    pub(crate) seed: u64,
    /// How much more often everything happens than usual.
    pub(crate) haste: f64,
}

/// The name of the engine of every host.
pub(crate) const ENGINE: &str = "engine";

/// What can be on a host, and how many of a thousand workloads are such.
const ROLES: [(&str, u32); 18] = [
    ("steady", 210),
    ("daily", 70),
    ("leak", 170),
    ("spike", 40),
    ("cache", 60),
    ("garbage", 70),
    ("batch", 50),
    ("step", 20),
    ("child", 40),
    ("crash", 80),
    ("heap", 30),
    ("loop", 15),
    ("job", 40),
    ("exit", 20),
    ("probe", 30),
    ("victim", 25),
    ("host-oom", 15),
    ("operated", 15),
];

/// Whether the memory of a workload of this name truly grows until it ends.
pub(crate) fn grows(workload: &str) -> bool {
    workload.starts_with("leak")
}

/// Makes the hosts of a fleet of so many workloads, for so many days, on which everything happens `haste` times as often as usual.
pub(crate) fn hosts(
    workloads: usize,
    on_each: usize,
    days: f64,
    haste: f64,
    seed: u64,
) -> Vec<Host> {
    let count = workloads.div_ceil(on_each);
    let mut bag = Vec::new();
    let mut dice = Dice::new(seed);
    (0..count)
        .map(|number| {
            let size = on_each.min(workloads - number * on_each);
            let roles: Vec<&str> = (0..size).map(|_| draw(&mut bag, &mut dice)).collect();
            host(number, &roles, days, haste, &mut dice)
        })
        .collect()
}

/// A fleet for a plain test: one host with one workload of each kind, on which everything happens sixty times as often.
pub(crate) fn small(days: f64, seed: u64) -> Vec<Host> {
    const HASTE: f64 = 60.0;

    let roles = ROLES.map(|(role, _)| role);
    vec![host(0, &roles, days, HASTE, &mut Dice::new(seed))]
}

/// Draws without putting back, so that a small fleet has the rare ones in their proportion too.
fn draw(bag: &mut Vec<&'static str>, dice: &mut Dice) -> &'static str {
    if bag.is_empty() {
        for (role, parts) in ROLES {
            bag.extend(std::iter::repeat_n(role, (parts / 5) as usize));
        }
    }
    let place = (dice.unit() * bag.len() as f64) as usize;
    bag.swap_remove(place.min(bag.len() - 1))
}

fn host(number: usize, roles: &[&str], days: f64, haste: f64, dice: &mut Dice) -> Host {
    let mut toml = String::from("history = '1h'\n");
    let restarts_s = engine(&mut toml, number, days, haste, dice);
    for (index, role) in roles.iter().enumerate() {
        workload(&mut toml, role, index, days * haste, dice);
    }
    Host {
        number,
        toml,
        // Most machines keep their time; some do not, and one in ten is far off.
        skew_ms: match number % 10 {
            3 => 1_700,
            5 => -45_000,
            8 => 420_000,
            _ => 0,
        },
        restarts_s,
        seed: (dice.unit() * 1e15) as u64,
        haste,
    }
}

/// The engine: mostly a Docker of today, some of 2020 on cgroup v1 (whose flag outlives starts); one host in twelve has Podman, today's
/// (which says with an end that the kernel killed for memory) and one of 2022 (which does not) by turns.
fn engine(toml: &mut String, number: usize, days: f64, haste: f64, dice: &mut Dice) -> Vec<f64> {
    let (kind, version, api, cgroup) = match number % 24 {
        2 | 7 | 14 | 19 => ("docker", "20.10.24", "1.41", "v1"),
        5 | 17 => ("docker", "24.0.7", "1.43", "v2"),
        11 => ("podman", "6.0.0", "1.41", "v2"),
        23 => ("podman", "4.3.1", "1.41", "v2"),
        _ => ("docker", "29.3.1", "1.53", "v2"),
    };
    let mut outages = Vec::new();
    let mut restarts = Vec::new();
    let at = |share: f64| share * days * 86_400.0;
    // The network goes away and the containers live on.
    for place in [0.13, 0.62] {
        if dice.happens((days * haste / 10.0).min(0.7)) {
            let lasts = dice.scale(10.0, 1_800.0);
            outages.push(format!(
                "{{ at = 'in {:.1}s', lasts = '{lasts:.1}s' }}",
                at(place + dice.between(0.0, 0.1))
            ));
        }
    }
    if dice.happens((days * haste / 60.0).min(0.5)) {
        let lasts = dice.scale(40.0, 400.0);
        outages.push(format!(
            "{{ at = 'in {:.1}s', lasts = '{lasts:.1}s', reboot = true }}",
            at(0.3 + dice.between(0.0, 0.2))
        ));
    }
    if kind == "docker" && dice.happens((days * haste / 40.0).min(0.7)) {
        // It is not back before it has stopped the last of its containers, which takes ten seconds of one that does not listen.
        let (at, lasts) = (at(0.8 + dice.between(0.0, 0.1)), dice.scale(12.0, 30.0));
        outages.push(format!(
            "{{ at = 'in {at:.1}s', lasts = '{lasts:.1}s', restart = true }}"
        ));
        restarts.push(at);
    }
    let _ = writeln!(
        toml,
        "[[engine]]\nname = '{ENGINE}'\nkind = '{kind}'\nversion = '{version}'\napi_version = '{api}'\ncgroup = '{cgroup}'\n\
         outages = [{}]",
        outages.join(", ")
    );
    restarts
}

/// A container: its settings, and what it does.
fn workload(toml: &mut String, role: &str, index: usize, days: f64, dice: &mut Dice) {
    let limit = dice.one_of(&["64 MiB", "128 MiB", "256 MiB", "512 MiB", "1 GiB", "2 GiB"]);
    let stop = dice.one_of(&[0, 0, 143, 143, 143, 2, 137]);
    let mut level = dice.between(0.15, 0.7);
    let mut policy = dice.one_of(&["always", "always", "unless-stopped", "on-failure"]);
    let mut limited = dice.happens(0.9);
    let mut does = Vec::new();
    match role {
        "daily" => {
            level = dice.between(0.3, 0.6);
            does.push(format!(
                "{{ kind = 'daily', when = {{}}, swing = {:.2} }}",
                dice.between(0.05, 0.25)
            ));
        }
        "leak" => {
            limited = true;
            let every = dice.scale(2.5, 72.0) * 3_600.0;
            level = dice.between(0.08, 0.3);
            does.push(format!(
                "{{ kind = 'leak', when = {}, floor = {level:.3}, noise = {:.3}, bend = {:.2}, duplicates = {} }}",
                rhythm(every, dice),
                dice.between(0.004, 0.03),
                dice.between(0.9, 1.15),
                u8::from(dice.happens(0.1)) * 2,
            ));
            if dice.happens(0.35) {
                does.push(format!(
                    "{{ kind = 'garbage', when = {{}}, period = '{:.0}s', swing = {:.2} }}",
                    dice.scale(120.0, 1_800.0),
                    dice.between(0.02, 0.08)
                ));
            }
            // Somebody who is tired of it restarts it before it dies: at three quarters of its memory, say.
            if dice.happens(0.2) {
                does.push(format!(
                    "{{ kind = 'restart', when = {} }}",
                    rhythm(every * dice.between(0.7, 3.0), dice)
                ));
            }
            if dice.happens(0.1) {
                does.push(format!(
                    "{{ kind = 'sigkill', when = {} }}",
                    rhythm(every * dice.between(4.0, 8.0), dice)
                ));
            }
        }
        "spike" => {
            limited = true;
            does.push(format!(
                "{{ kind = 'spike', when = {} }}",
                rhythm(dice.scale(8.0, 72.0) * 3_600.0, dice)
            ));
        }
        "cache" => {
            level = dice.between(0.1, 0.3);
            does.push(format!(
                "{{ kind = 'cache', rise = {:.2}, fills = '{:.0}s' }}",
                dice.between(0.2, 0.55),
                dice.scale(1_800.0, 40_000.0)
            ));
        }
        "garbage" => {
            level = dice.between(0.4, 0.6);
            does.push(format!(
                "{{ kind = 'garbage', when = {{}}, period = '{:.0}s', swing = {:.2} }}",
                dice.scale(60.0, 14_400.0),
                dice.between(0.1, 0.5)
            ));
        }
        "batch" => {
            level = dice.between(0.1, 0.3);
            does.push(format!(
                "{{ kind = 'pulses', when = {}, lasts = '{:.0}s', peak = {:.2} }}",
                rhythm(dice.scale(1.0, 24.0) * 3_600.0, dice),
                dice.scale(300.0, 3_000.0),
                dice.between(0.5, 0.93)
            ));
        }
        "step" => {
            level = 0.25;
            does.push(format!(
                "{{ kind = 'pulses', when = {{ at = 'in {:.0}s' }}, lasts = '60d', peak = {:.2} }}",
                days * 86_400.0 * dice.between(0.2, 0.8),
                dice.between(0.4, 0.7)
            ));
        }
        "child" => {
            limited = true;
            let ends = if dice.happens(0.5) {
                format!(", ends = {}", dice.one_of(&[1, 2, 70]))
            } else {
                String::new()
            };
            does.push(format!(
                "{{ kind = 'child_oom', when = {}{ends} }}",
                rhythm(dice.scale(6.0, 72.0) * 3_600.0, dice)
            ));
            // Later it ends for another reason, with the flag still up.
            does.push(format!(
                "{{ kind = 'exit', when = {}, code = {} }}",
                rhythm(dice.scale(24.0, 96.0) * 3_600.0, dice),
                dice.one_of(&[0, 0, 1])
            ));
        }
        "crash" => does.push(format!(
            "{{ kind = 'crash', when = {}, language = '{}' }}",
            rhythm(dice.scale(4.0, 96.0) * 3_600.0, dice),
            dice.one_of(&["go", "go", "rust", "node", "silent"])
        )),
        "heap" => does.push(format!(
            "{{ kind = 'crash', when = {}, language = '{}' }}",
            rhythm(dice.scale(8.0, 96.0) * 3_600.0, dice),
            dice.one_of(&["java", "node_heap"])
        )),
        "loop" => {
            policy = "always";
            let from = days * 86_400.0 * dice.between(0.1, 0.8);
            does.push(format!(
                "{{ kind = 'crash_loop', when = {{ from = 'in {from:.0}s', until = 'in {:.0}s' }}, lasts = '{:.1}s' }}",
                from + dice.scale(600.0, 7_200.0),
                dice.scale(0.4, 20.0)
            ));
        }
        "job" => {
            policy = "no";
            does.push(format!(
                "{{ kind = 'job', when = {}, lasts = '{:.0}s' }}",
                rhythm(dice.scale(1.0, 12.0) * 3_600.0, dice),
                dice.scale(60.0, 1_800.0)
            ));
        }
        "exit" => {
            policy = "always";
            does.push(format!(
                "{{ kind = 'exit', when = {} }}",
                rhythm(dice.scale(6.0, 48.0) * 3_600.0, dice)
            ));
        }
        "probe" => does.push(format!(
            "{{ kind = 'failed_probe', when = {} }}",
            rhythm(dice.scale(8.0, 72.0) * 3_600.0, dice)
        )),
        "victim" => {
            if dice.happens(0.15) {
                level = dice.between(0.75, 0.93);
            }
            does.push(format!(
                "{{ kind = 'sigkill', when = {} }}",
                rhythm(dice.scale(12.0, 120.0) * 3_600.0, dice)
            ));
        }
        "host-oom" => {
            limited = false;
            does.push(format!(
                "{{ kind = 'host_oom', when = {} }}",
                rhythm(dice.scale(24.0, 144.0) * 3_600.0, dice)
            ));
        }
        "operated" => {
            level = dice.between(0.5, 0.95);
            does.push(format!(
                "{{ kind = 'restart', when = {} }}",
                rhythm(dice.scale(12.0, 96.0) * 3_600.0, dice)
            ));
            does.push(format!(
                "{{ kind = 'stop', when = {}, down = '{:.0}s' }}",
                rhythm(dice.scale(48.0, 200.0) * 3_600.0, dice),
                dice.scale(5.0, 7_200.0)
            ));
            does.push(format!(
                "{{ kind = 'kill', when = {}, down = '{:.0}s' }}",
                rhythm(dice.scale(48.0, 200.0) * 3_600.0, dice),
                dice.scale(5.0, 600.0)
            ));
        }
        _ => {}
    }
    if role != "job" {
        everyday(&mut does, dice);
    }
    let _ = writeln!(
        toml,
        "[[container]]\nname = '{role}-{index}'\nengine = '{ENGINE}'\nimage = 'shop/{role}'\nlevel = {level:.3}\ncache = {:.2}\n\
         restart = '{policy}'\nstop_exit_code = {stop}\nprobe = 'absent'",
        dice.between(0.0, 0.15)
    );
    if limited {
        let _ = writeln!(toml, "limit = '{limit}'");
    }
    let _ = writeln!(toml, "behaviours = [{}]", does.join(", "));
}

/// What people do to every workload: new versions, and now and then a restart.
fn everyday(does: &mut Vec<String>, dice: &mut Dice) {
    if dice.happens(0.5) {
        let forced = dice.happens(0.2);
        does.push(format!(
            "{{ kind = 'deploy', when = {}, tag = '1.{{n}}', forced = {forced} }}",
            rhythm(dice.scale(3.0, 20.0) * 86_400.0, dice)
        ));
    }
    if dice.happens(0.25) {
        does.push(format!(
            "{{ kind = 'restart', when = {} }}",
            rhythm(dice.scale(4.0, 20.0) * 86_400.0, dice)
        ));
    }
    if dice.happens(0.1) {
        does.push(format!(
            "{{ kind = 'stop', when = {}, down = '{:.0}s' }}",
            rhythm(dice.scale(6.0, 25.0) * 86_400.0, dice),
            dice.scale(3.0, 14_400.0)
        ));
    }
}

/// A rhythm with its phase.
fn rhythm(every_s: f64, dice: &mut Dice) -> String {
    format!(
        "{{ every = '{every_s:.0}s', last = '{:.0}s ago', jitter = {:.2} }}",
        every_s * dice.unit(),
        dice.between(0.02, 0.4)
    )
}
