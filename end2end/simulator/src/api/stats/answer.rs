//! One answer of `stats`, field for field as moby gives it, and so about as large: what a poller must read through is part of the
//! simulation. It is written out directly, since load tests ask for a thousand of them a second.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};

use crate::api::inspect::NEVER;
use crate::clock::utc;
use crate::container::Container;
use crate::fleet::{Cgroup, EngineKind, EngineSpec};
use crate::gauge::{self, Stats};
use crate::quantity::Nanos;

/// The whole of it.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    name: String,
    id: &'a str,
    os_type: &'static str,
    read: String,
    preread: &'static str,
    pids_stats: Fields,
    blkio_stats: BlockIo,
    num_procs: u32,
    storage_stats: Fields,
    cpu_stats: Cpu,
    precpu_stats: Cpu,
    memory_stats: Memory,
    #[serde(skip_serializing_if = "Option::is_none")]
    networks: Option<Networks>,
}

/// A JSON object of numbers.
struct Fields(Vec<(&'static str, u64)>);

#[derive(Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "the engine's names")]
struct BlockIo {
    io_service_bytes_recursive: Option<[BlockEntry; 2]>,
    io_serviced_recursive: (),
    io_queue_recursive: (),
    io_service_time_recursive: (),
    io_wait_time_recursive: (),
    io_merged_recursive: (),
    io_time_recursive: (),
    sectors_recursive: (),
}

#[derive(Serialize)]
struct BlockEntry {
    major: u32,
    minor: u32,
    op: &'static str,
    value: u64,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the engine's names")]
struct Cpu {
    cpu_usage: Fields,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_cpu_usage: Option<Nanos>,
    #[serde(skip_serializing_if = "Option::is_none")]
    online_cpus: Option<u32>,
    throttling_data: Fields,
}

#[derive(Default, Serialize)]
struct Memory {
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_usage: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failcnt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

#[derive(Serialize)]
struct Networks {
    eth0: Fields,
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl<'a> Answer<'a> {
    /// Without a process there is nothing to measure: everything is zero or missing.
    pub(super) fn not_running(container: &'a Container) -> Self {
        Self {
            name: format!("/{}", container.identity.name),
            id: &container.identity.id,
            os_type: "linux",
            read: NEVER.to_owned(),
            preread: NEVER,
            pids_stats: Fields(Vec::new()),
            blkio_stats: BlockIo::default(),
            num_procs: 0,
            storage_stats: Fields(Vec::new()),
            cpu_stats: Cpu::used(0),
            precpu_stats: Cpu::used(0),
            memory_stats: Memory::default(),
            networks: None,
        }
    }

    pub(super) fn running(
        container: &'a Container,
        engine: &EngineSpec,
        stats: &Stats,
        now: Nanos,
    ) -> Self {
        let (received, sent) = (stats.cpu_nanos / 900, stats.cpu_nanos / 700);
        Self {
            read: utc(now).to_rfc3339_opts(SecondsFormat::Nanos, true),
            pids_stats: Fields(vec![("current", stats.pids), ("limit", u64::MAX)]),
            blkio_stats: BlockIo::of(stats),
            cpu_stats: Cpu {
                system_cpu_usage: Some(now),
                online_cpus: Some(engine.cpus),
                ..Cpu::used(stats.cpu_nanos)
            },
            memory_stats: memory(container, engine, stats, now),
            networks: Some(Networks {
                eth0: Fields(vec![
                    ("rx_bytes", received),
                    ("rx_packets", received / 900),
                    ("rx_errors", 0),
                    ("rx_dropped", 0),
                    ("tx_bytes", sent),
                    ("tx_packets", sent / 900),
                    ("tx_errors", 0),
                    ("tx_dropped", 0),
                ]),
            }),
            ..Self::not_running(container)
        }
    }
}

impl BlockIo {
    fn of(stats: &Stats) -> Self {
        let entry = |op, value| BlockEntry {
            major: 254,
            minor: 0,
            op,
            value,
        };
        Self {
            io_service_bytes_recursive: Some([
                entry("read", stats.file),
                entry("write", stats.cpu_nanos / 4_000),
            ]),
            ..Self::default()
        }
    }
}

impl Cpu {
    fn used(total: u64) -> Self {
        Self {
            cpu_usage: Fields(vec![
                ("total_usage", total),
                ("usage_in_kernelmode", total / 5),
                ("usage_in_usermode", total - total / 5),
            ]),
            system_cpu_usage: None,
            online_cpus: None,
            throttling_data: Fields(vec![
                ("periods", 0),
                ("throttled_periods", 0),
                ("throttled_time", 0),
            ]),
        }
    }
}

fn memory(container: &Container, engine: &EngineSpec, stats: &Stats, now: Nanos) -> Memory {
    let memory = Memory {
        usage: Some(stats.usage),
        limit: Some(stats.limit),
        ..Memory::default()
    };
    if engine.kind == EngineKind::Podman {
        return memory;
    }
    match engine.cgroup {
        Cgroup::V1 => Memory {
            max_usage: Some(gauge::peak(container, engine, now)),
            // Seen to stay at zero on v1, however often the limit is hit.
            failcnt: Some(0),
            stats: Some(Fields(details_v1(stats))),
            ..memory
        },
        Cgroup::V2 => Memory {
            failcnt: (stats.failures > 0).then_some(stats.failures),
            stats: Some(Fields(details_v2(stats))),
            ..memory
        },
    }
}

fn active_file(stats: &Stats) -> u64 {
    stats.file.saturating_sub(stats.inactive_file)
}

fn details_v1(stats: &Stats) -> Vec<(&'static str, u64)> {
    let active_file = active_file(stats);
    vec![
        ("active_anon", 0),
        ("active_file", active_file),
        ("cache", stats.file),
        ("dirty", 0),
        ("hierarchical_memory_limit", stats.limit),
        ("inactive_anon", stats.anon),
        ("inactive_file", stats.inactive_file),
        ("mapped_file", active_file / 2),
        ("rss", stats.anon),
        ("total_active_anon", 0),
        ("total_active_file", active_file),
        ("total_cache", stats.file),
        ("total_dirty", 0),
        ("total_inactive_anon", stats.anon),
        ("total_inactive_file", stats.inactive_file),
        ("total_mapped_file", active_file / 2),
        ("total_rss", stats.anon),
        ("total_unevictable", 0),
        ("total_writeback", 0),
        ("unevictable", 0),
        ("writeback", 0),
    ]
}

fn details_v2(stats: &Stats) -> Vec<(&'static str, u64)> {
    let active_file = active_file(stats);
    let kernel = stats.working_set().saturating_sub(stats.anon + active_file);
    let faults = stats.cpu_nanos / 100_000;
    vec![
        ("active_anon", 0),
        ("active_file", active_file),
        ("anon", stats.anon),
        ("anon_thp", 0),
        ("file", stats.file),
        ("file_dirty", 0),
        ("file_mapped", active_file / 2),
        ("file_writeback", 0),
        ("inactive_anon", stats.anon),
        ("inactive_file", stats.inactive_file),
        ("kernel_stack", stats.pids * 16_384),
        ("pgactivate", faults / 40),
        ("pgdeactivate", 0),
        ("pgfault", faults),
        ("pglazyfree", 0),
        ("pglazyfreed", 0),
        ("pgmajfault", 0),
        ("pgrefill", 0),
        ("pgscan", 0),
        ("pgsteal", 0),
        ("shmem", 0),
        ("slab", kernel),
        ("slab_reclaimable", kernel / 2),
        ("slab_unreclaimable", kernel - kernel / 2),
        ("sock", 0),
        ("thp_collapse_alloc", 0),
        ("thp_fault_alloc", 0),
        ("unevictable", 0),
        ("workingset_activate", 0),
        ("workingset_nodereclaim", 0),
        ("workingset_refault", 0),
    ]
}
