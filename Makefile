# The entry points of Inquest. Each installs what it needs first and says so; CONTRIBUTING.md has the finer ones.

.DEFAULT_GOAL := help
.PHONY: help setup run demo site test check bench crash faults fuzz poll10k rules score

# As `cargo xtask site`, which is quiet: the first time it compiles for minutes, and that should be seen.
build-site = cargo run --bin xtask -- site --release

help:       ## List these targets
	@sed -n 's/^\([a-z0-9]*\): .*## /  make \1\t/p' Makefile

setup:      ## Install what building and running needs (Debian, Ubuntu)
	@xtask/setup.sh run

run: setup  ## Build Inquest and watch the container engine of this machine
	$(build-site)
	cargo run --profile quick --bin inquest -- serve

demo: setup ## The same, with a simulated fleet and 30 days of its history
	$(build-site)
	cargo run --profile quick --bin inquest -- demo

site: setup ## Build only what the browser loads, into target/site
	$(build-site)

test:       ## Run every check and test, the ones on a real Docker engine and in Chromium too
	@xtask/setup.sh test
	@xtask/test.sh

check:      ## Run the checks that need no database, engine or browser
	@xtask/setup.sh check
	@xtask/test.sh check

SCALE ?= full
bench:      ## Measure the store beside Prometheus and VictoriaMetrics (half an hour on an idle machine; SCALE=small: minutes)
	@xtask/setup.sh bench
	cargo build --profile quick --bin inquest --bin bench
	cargo run --quiet --profile quick --bin bench -- run --scale $(SCALE)
	cargo run --quiet --profile quick --bin bench -- table

crash:      ## Kill Inquest and Postgres 300 times while they write, and look that nothing is lost
	@xtask/setup.sh run
	CRASH_KILLS=300 CRASH_RESULTS=$(CURDIR)/target/bench/results.jsonl \
		cargo test --test store crash:: -- --nocapture

faults:     ## Kill Inquest 200 times between the ledger and a receiver that fails, hangs or is slow, and look that every alert arrives
	@xtask/setup.sh run
	KILLS=200 KILLS_RESULTS=$(CURDIR)/target/bench/results.jsonl \
		xtask/with-postgres.sh cargo test --test alerts killed:: -- --nocapture

rules: setup ## Look at 20 alert rules over 10,000 workloads, preview rules over 30 days of 200, and report what that costs
	cargo run --quiet --profile quick --bin bench -- rules

fuzz:       ## Feed bad bytes to what reads stored samples, for 15 minutes (nightly Rust)
	@xtask/fuzz.sh

score: setup ## Judge a simulated month of 500 workloads and hold the verdicts against the truth; ARGS="--workloads 100 --days 7" for less
	cargo xtask score $(ARGS)

poll10k: setup ## Poll 10,000 simulated containers and report what that costs; ARGS="--soak 30m" watches memory
	cargo xtask poll $(ARGS)
