# The only commands anyone needs. `make demo` and `make test` install what they lack (scripts/setup.sh says what).
.PHONY: help build demo test lint docs bench soak fuzz release clean
SECONDS ?= 0
ONLY ?=
FUZZ_SECONDS ?= 600

help:
	@echo 'make demo [SECONDS=60]  a simulated port terminal, a gateway and a hub, on loopback, until Ctrl-C (or for SECONDS)'
	@echo 'make test               everything that CI checks: formatting, lints, Rust tests, web checks, browser tests'
	@echo 'make build              the three programs in target/debug'
	@echo 'make docs               rewrites the generated documents (OpenAPI, route tables, JSON Schemas)'
	@echo 'make bench [ONLY=polling,footprint]  measures what is promised, beside its rivals, and writes BENCHMARKS.md;'
	@echo '                        (ONLY=durability alone takes a quarter of an hour)'
	@echo 'make soak [ONLY=part-of-a-name]  measures the lines of the scoreboard in full (hours) and writes SCOREBOARD.md'
	@echo 'make fuzz [FUZZ_SECONDS=600]  feeds each parser of outside bytes for so long (nightly Rust; see CONTRIBUTING.md)'
	@echo 'make release [KEYS=dir ROOTS=dir NUMBER=n]  the gateway for shipping with the supplier root built in, its lists, a signed bundle'
	@echo 'make clean              removes what was built'

build:
	@scripts/setup.sh build
	@scripts/build.sh

demo: build
	@. target/setup/env.sh && exec target/debug/haubert-demo --seconds $(SECONDS)

test:
	@scripts/setup.sh test
	@scripts/test.sh

lint:
	@scripts/setup.sh test
	@scripts/lint.sh

docs:
	@scripts/setup.sh build
	@. target/setup/env.sh && HAUBERT_REWRITE=1 cargo test -q -p haubert-content -p haubert-gateway -p haubert-snmp -p haubert-hub -- committed
	@npm run --silent api --prefix web

clean:
	rm -rf target fuzz/target web/node_modules web/*/dist

bench:
	@scripts/setup.sh bench
	@scripts/bench.sh $(ONLY)

soak:
	@scripts/setup.sh bench
	@scripts/setup.sh test
	@scripts/soak.sh $(ONLY)

fuzz:
	@scripts/fuzz.sh $(FUZZ_SECONDS)

release:
	@scripts/setup.sh test
	@scripts/release.sh
