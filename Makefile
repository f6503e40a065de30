# `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PROFILE ?= debug
CARGO_FLAGS := $(if $(filter release,$(PROFILE)),--release,)
BIN := target/$(PROFILE)/shotengai
RUN := .local/run

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Run

.PHONY: needs
needs:
	@PROFILE=$(PROFILE) sh deploy/local/needs.sh run

.PHONY: needs-test
needs-test:
	@sh deploy/local/needs.sh test

.PHONY: venv
venv: ## Install the local AWS and PostgreSQL into .local/venv (pinned)
	@sh localstack/bootstrap.sh

.PHONY: web
web: ## Build the web pages that the binary carries (WEB=off: none, the API alone)
	@sh deploy/local/web.sh

.PHONY: build
build: web ## Build the binary (PROFILE=release for a release build; WEB=off: without web pages)
	@cargo build --workspace --bin shotengai $(CARGO_FLAGS)

.PHONY: run
run: needs venv build ## Bring up the whole street; Ctrl-C ends it
	@exec $(BIN) dev $(ARGS)

.PHONY: infra
infra: needs venv build ## Bring up only the local AWS, PostgreSQL and the inbox
	@exec $(BIN) dev --infra-only $(ARGS)

.PHONY: up
up: needs venv build ## Bring up the street in the background
	@sh deploy/local/up.sh $(BIN) $(ARGS)

.PHONY: down
down: ## End the street that `make up` started
	@sh deploy/local/down.sh

.PHONY: seed
seed: binary ## Put the sweets on sale in the running street
	@$(BIN) seed --local $(ARGS)

.PHONY: shell-env
shell-env: ## Print the line that puts `shotengai` on the PATH
	@echo 'export PATH="$(CURDIR)/target/$(PROFILE):$$PATH"'

# What only asks a running street takes the binary that is there: the street runs it.
.PHONY: binary
binary:
	@test -x $(BIN) || $(MAKE) --no-print-directory build

.PHONY: clean
clean: ## Remove what the street left on this machine (not the build); refused while it is open
	@sh deploy/local/clean.sh

##@ Look

.PHONY: status
status: binary ## Whether the running street is well: services, commits, shards, queues, dead letters
	@$(BIN) status --local $(ARGS)

.PHONY: smoke
smoke: binary ## Buy something in the running street and wait until it is paid
	@$(BIN) smoke --local $(ARGS)

.PHONY: logs
logs: ## Follow the log of the street that `make up` started
	@sh deploy/local/logs.sh

.PHONY: dead-letters
dead-letters: binary ## Dead letters by cause (redrive: `shotengai dead-letters redrive --help`)
	@$(BIN) dead-letters list --local $(ARGS)

.PHONY: check-resources
check-resources: binary ## List each AWS resource; exit 1 when one is missing
	@$(BIN) provision --check --local $(ARGS)

.PHONY: dynamodb-status
dynamodb-status: binary ## Event stores: commits, and those not yet in the stream
	@$(BIN) status dynamodb --local $(ARGS)

.PHONY: kinesis-status
kinesis-status: binary ## Shards, checkpoints and queues
	@$(BIN) status kinesis --local $(ARGS)

##@ Test

# The second shape: each role a process of its own behind the door, change capture for the outbox.
APART := E2E_DOOR=1 E2E_PUBLISH=cdc cargo test --workspace --all-features --test e2e --test hostile

.PHONY: test
test: needs-test venv build chart-test topology-test openapi-test ## All tests: unit, contract, chart, end to end; those again in the second shape that it changes
	@python3 tests/run.py

.PHONY: test-apart
test-apart: venv build ## All end-to-end tests in the second shape: each role a process behind the door, change capture for the outbox
	@$(APART)

.PHONY: test-deployed
test-deployed: venv build ## All end-to-end tests on the CloudFormation stack that the program emits, deployed to each test's local AWS, without provisioning
	@E2E_STACK=1 cargo test --workspace --all-features --test e2e

.PHONY: chart-tools
chart-tools:
	@sh tests/chart/bootstrap.sh

.PHONY: chart-test
chart-test: chart-tools ## Render the chart, hold it against the Kubernetes API, the source and its promises
	@.local/chart/venv/bin/python -m pytest tests/chart $(PYTEST)

.PHONY: topology-test
topology-test: chart-tools ## Lint the CloudFormation template, hold the Terraform module against it, render the chart with a stack's values
	@.local/chart/venv/bin/python -m pytest tests/topology $(PYTEST)

.PHONY: openapi-test
openapi-test: chart-tools ## Validate the OpenAPI document; hold recorded answers against it
	@.local/chart/venv/bin/python -m pytest tests/openapi $(PYTEST)

.PHONY: mailpit
mailpit: ## Build Mailpit from its Go module into .local/mailpit: tests of the inbox then ask it too (needs Go)
	@sh deploy/mailpit/build.sh

.PHONY: promtool
promtool: ## Build Prometheus' promtool from its Go module into .local/promtool: tests of the chart then evaluate its alerts (needs Go)
	@sh deploy/promtool/build.sh

.PHONY: fuzz-api
fuzz-api: venv build ## Every operation with thousands of made-up requests, as nobody, customer, administrator (ARGS="--cases 20000 --seed 1"; --quick)
	@SHOTENGAI_VENV=.local/fuzz/venv REQUIREMENTS=tests/fuzz/requirements.txt sh localstack/bootstrap.sh
	@.local/fuzz/venv/bin/python tests/fuzz/run.py $(ARGS)

.PHONY: chart-golden
chart-golden: chart-tools ## Write the chart's golden renders, its settings' schema and its table of values anew
	@.local/chart/venv/bin/python tests/chart/update.py

.PHONY: describe
describe: build ## Write docs/describe.json anew: topology and settings of the program
	@$(BIN) describe --output json >docs/describe.json.new && mv docs/describe.json.new docs/describe.json

.PHONY: profile-debug
profile-debug: venv build ## Which crates debug processes spend their time in (PROFILE_TESTS="purchase:: saga::"; needs perf)
	@python3 tests/profile/by_crate.py $(PROFILE_TESTS)

# The first milestone's binary, where it was built.
MILESTONE := $(wildcard $(CURDIR)/target/milestone/release/shotengai)

.PHONY: bench
bench: venv ## Measure a release build: ratios, counts, dollars, in Markdown (ARGS="--quick --json out.json"; ARGS=--help)
	@cargo build --release --workspace --bin shotengai --bin shotengai-bench --bin shotengai-simulate
	@SHOTENGAI_BIN=$(CURDIR)/target/release/shotengai $(if $(MILESTONE),BENCH_BASELINE=$(MILESTONE)) \
		target/release/shotengai-bench $(ARGS)

.PHONY: costs
costs: ## Print what months cost and which quotas they want at 10 to 100,000 orders a second, on paper: docs/costs.md
	@cargo build --quiet $(CARGO_FLAGS) --workspace --bin shotengai-bench
	@target/$(PROFILE)/shotengai-bench --costs $(ARGS)

.PHONY: bench-milestone
bench-milestone: ## Build the first milestone's binary, which `make bench` then measures beside ours
	@sh tests/bench/milestone.sh

.PHONY: bench-live
bench-live: ## Measure 500 live viewers of one process of tally beside 200 paid orders a second (ARGS="--json out.json")
	@$(MAKE) --no-print-directory bench ARGS="--only live $(ARGS)"

.PHONY: bench-search
bench-search: venv ## Measure search over 100,000 products: times, the index's size and how long it is made
	@SEARCH_PRODUCTS=100000 cargo test --release --package shotengai-query --test it -- --nocapture search::bench

.PHONY: simulate
simulate: ## Run many simulated histories (SEEDS=20000), or read one (SEED=17); BUG=name plants a bug
	@cargo run --quiet --release --package shotengai-simulation --bin shotengai-simulate -- \
		$(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),500)) $(if $(BUG),--bug $(BUG)) $(ARGS)

.PHONY: chaos
chaos: venv ## Orders while wires fail and roles are killed (ARGS="--orders N --kill-every S --seed S" or "--outage S")
	@cargo build $(CARGO_FLAGS) --workspace --bin shotengai --bin shotengai-chaos
	@SHOTENGAI_BIN=$(CURDIR)/$(BIN) target/$(PROFILE)/shotengai-chaos $(ARGS)

.PHONY: web-check
web-check: web ## The web pages: types, lint, unit tests, licences and sizes of what is shipped
	@cd services/storefront/web && npm run --silent types && npm run --silent lint && npm run --silent unit && npm run --silent sizes

.PHONY: web-test
web-test: needs-test venv build ## The web pages in a browser, before a street of their own (ARGS="live" for one file)
	@cd services/storefront/web && npm run --silent browser -- $(ARGS)

.PHONY: screenshots
screenshots: needs-test venv build ## Pictures of every page, light, dark, phone, both languages, into .local/screenshots
	@cd services/storefront/web && npm run --silent screenshots -- $(ARGS)

.PHONY: check
check: docs-check crates-check web-check ## Format, clippy, API docs, documents and crates, warnings refused
	@cargo fmt --all -- --check
	@cargo clippy --workspace --all-targets --all-features -- -D warnings
	@cargo clippy --workspace --bin shotengai --no-default-features -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

.PHONY: docs-check
docs-check: ## The documents: dead links, and names of targets, commands and settings that are not there
	@python3 -m unittest discover --quiet --start-directory tests/docs

.PHONY: crates-check
crates-check: ## Which crates are built with which: nothing for tests in the binary, no role with another
	@python3 -m unittest discover --quiet --start-directory tests/crates

##@ Cluster

.PHONY: kind-up
kind-up: ## The whole street in a kind cluster on this machine
	@sh deploy/kind/up.sh

.PHONY: kind-test
kind-test: ## Buy something in it; look at ingress, leases, a rolling restart
	@sh deploy/kind/test.sh

.PHONY: kind-logs
kind-logs: ## What it says (ROLE=order, INTO=folder)
	@ROLE="$(ROLE)" INTO="$(INTO)" sh deploy/kind/logs.sh

.PHONY: kind-fresh
kind-fresh: ## Let it begin anew, with empty stores (after its local AWS or PostgreSQL was lost)
	@sh deploy/kind/fresh.sh

.PHONY: kind-down
kind-down: ## Remove it
	@sh deploy/kind/down.sh

.PHONY: image
image: ## Build the container image (BUILDER=docker or buildah; BUILD_ARGS="--build-arg …")
	@sh deploy/image/build.sh $(BUILD_ARGS)

.PHONY: image-test
image-test: venv ## Look into the image, and buy something in a street that runs in it (needs root and runc)
	@sh deploy/image/test.sh

.PHONY: compose-up
compose-up: ## Bring up the street in containers, each role its own
	@sh deploy/compose.sh up

.PHONY: compose-down
compose-down: ## End it, and forget what it held
	@sh deploy/compose.sh down

.PHONY: test-cluster
test-cluster: venv chart-tools ## The chart and the leases against the API server that KUBECONFIG names
	@cargo build --workspace --bin shotengai --bin shotengai-cluster
	@SHOTENGAI_BIN=$(CURDIR)/target/debug/shotengai .local/chart/venv/bin/python -m pytest tests/cluster $(PYTEST)

.PHONY: control-plane
control-plane: ## Start an API server on this machine for `make test-cluster` (needs Go, etcd and kubectl)
	@sh deploy/control-plane/up.sh

.PHONY: control-plane-down
control-plane-down: ## End it
	@sh deploy/control-plane/down.sh
