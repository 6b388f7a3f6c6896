# The commands of this project. `make run` and `make test` need nothing but a Debian machine with Swift.

SWIFT ?= swift
# Checks of exclusive access are for the tests, whose build has them: they take a tenth of a statement's time. With Swift's
# runtime in it the program runs where no Swift is, and calls the runtime without a detour, which saves another tenth.
RELEASE_FLAGS := -c release -Xswiftc -enforce-exclusivity=unchecked --static-swift-stdlib -Xswiftc -use-ld=lld
# One release build serves the tests and the program they start: the simulations need its speed.
TEST_FLAGS := -c release -Xswiftc -enable-testing
# These start servers and hundreds of connections: in a process of their own they take nobody's ports and time.
SERVER_TESTS := TandemPostgresTests|TandemMariaDBTests|TandemAcceptanceTests
PYTHON := .venv/bin/python

# `make run-example ENGINE=postgres` runs the example over servers of that engine, PORT=8081 on another port.
ENGINE ?= tandem
PORT ?= 8080
EXAMPLE_PACKAGES_postgres := postgresql
EXAMPLE_PACKAGES_mariadb := mariadb-server openssl

.PHONY: help run program run-example build test test-swift test-integration test-clients documentation format format-check bench fuzz simulate chaos clean setup setup-test

help:
	@echo "make run           build, then start a primary and a replica with data in ./tandem-data; UP='--user admin …'"
	@echo "make program       build it alone: .build/release/tandem, which runs where no Swift is"
	@echo "make run-example   the example service over such a pair; ENGINE=postgres, ENGINE=mariadb, PORT=8080"
	@echo "make test          every test: unit, simulation, real processes, real clients"
	@echo "make test-clients  the clients' own test suites (docs/CLIENT-SUITES.md); SUITES=\"asyncpg pq\" for some"
	@echo "make documentation the documentation and its tutorial, in .build/documentation"
	@echo "make format        rewrite the sources as .swift-format says"
	@echo "make format-check  fail where they are not so"
	@echo "make fuzz          what strangers send, at random: FUZZ_SECONDS for each target, 60 unless said"
	@echo "make simulate      the protocol with SEEDS=1000000 random schedules; SEED=42 replays one with its trace;"
	@echo "                   SIMULATION_SECONDS=120 tries seeds that nobody has tried yet"
	@echo "make chaos         nodes on hosts of their own, and all that goes wrong for CHAOS_SECONDS, 600 unless said; SEED=42"
	@echo "make bench         measure against PostgreSQL and MariaDB; writes docs/BENCHMARKS.md"

run: program
	.build/release/tandem up $(UP)

program: setup
	$(SWIFT) build $(RELEASE_FLAGS) --product tandem

run-example: program
	@Scripts/install-packages $(EXAMPLE_PACKAGES_$(ENGINE))
	$(SWIFT) build $(RELEASE_FLAGS) --product TestPair
	$(SWIFT) build $(RELEASE_FLAGS) --product BookService
	.build/release/TestPair $(ENGINE) -- .build/release/BookService --port $(PORT)

build: setup
	$(SWIFT) build $(RELEASE_FLAGS)

test: setup setup-test test-swift documentation test-integration

test-swift:
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	Scripts/say-failures $(SWIFT) test --skip-build $(TEST_FLAGS) --skip '$(SERVER_TESTS)'
	Scripts/say-failures $(SWIFT) test --skip-build $(TEST_FLAGS) --filter '$(SERVER_TESTS)'

# Three files at a time: most of their time they wait.
test-integration:
	$(SWIFT) build --product tandem $(TEST_FLAGS)
	TANDEM=.build/release/tandem $(PYTHON) -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder Tests/Integration

# Whole suites of others: fetched from PyPI and Debian. `make test` runs SQLAlchemy's alone.
test-clients: setup setup-test
	@Scripts/install-packages golang-go golang-github-lib-pq-dev
	$(SWIFT) build --product tandem $(TEST_FLAGS)
	TANDEM=.build/release/tandem $(PYTHON) Tests/Clients/run.py $(SUITES)

# From the build of the tests, so that it costs seconds where that is there.
documentation: setup
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	Scripts/make-documentation .build/documentation
	@echo "python3 -m http.server --directory .build/documentation   # then http://localhost:8000/documentation/"

format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Examples

format-check:
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Examples

bench: setup
	Benchmarks/run

# The release build of the tests has the modules that the targets are linked with.
FUZZ_SECONDS ?= 60
fuzz: setup setup-test
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	Scripts/fuzz $(FUZZ_SECONDS)

SEEDS ?= $(if $(SIMULATION_SECONDS),1,1000000)
simulate: setup
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	$(if $(SEED),TANDEM_SEED=$(SEED),TANDEM_SEEDS=$(SEEDS)) $(if $(SIMULATION_SECONDS),TANDEM_SIMULATION_SECONDS=$(SIMULATION_SECONDS)) $(SWIFT) test --skip-build $(TEST_FLAGS) --filter SimulationTests

# Needs root: network namespaces, and small disks in memory.
CHAOS_SECONDS ?= 600
chaos: setup setup-test
	$(SWIFT) build --product tandem $(TEST_FLAGS)
	TANDEM=.build/release/tandem $(PYTHON) Tests/Chaos/chaos.py --seconds $(CHAOS_SECONDS) $(if $(SEED),--seed $(SEED))

clean:
	rm -rf .build .venv

setup:
	@Scripts/install-packages libsqlite3-dev libpq-dev libmariadb-dev pkg-config postgresql-client

setup-test:
	@Scripts/install-packages postgresql postgresql-client postgresql-contrib mariadb-server openssl sysbench sqlite3 etcd-server iproute2 unicode-data python3-venv
	@Scripts/install-packages adminer php-cgi php-cli php-pgsql nodejs check-postgres pgpool2 pgbouncer prometheus-postgres-exporter
	@Scripts/install-packages openjdk-17-jdk-headless libpostgresql-jdbc-java libhikaricp-java libslf4j-java libhibernate3-java libjavassist-java libeclipselink-java
	@Scripts/unpack-packages .build/node-postgres node-pg node-split2
	@Scripts/make-venv .venv
