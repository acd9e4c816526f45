# Everything a developer types. `make` alone says what there is.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := bash

.PHONY: help
help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: demo
demo: ## watch YAML become people on a SCIM server, all on this machine (ONCE=1: run through, check, end; CLUSTER=current: in your cluster)
	@dev/demo.sh

.PHONY: demo-check
demo-check: ## does the demo work on the kubeconfig's cluster, and leave nothing of itself there?
	@dev/check-demo.sh

.PHONY: test
test: ## everything below that checks something; the last line counts
	@dev/test.sh fmt-check clippy check-generated chart image-check unit integration mutants-few

.PHONY: fmt-check
fmt-check: ## is everything formatted?
	cargo fmt --check
	@unformatted=$$(gofmt -l dev/control-plane); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }

.PHONY: clippy
clippy: ## no warnings, pedantic ones included
	cargo clippy --quiet --all-targets -- --deny warnings

.PHONY: unit
unit: ## unit and property tests, no server needed
	cargo test --quiet --no-fail-fast --lib --bins

.PHONY: integration
integration: tools ## tests against a real API server and a real SCIM server
	@# They mostly wait, so more of them than there are cores.
	RUST_TEST_THREADS=8 cargo test --quiet --no-fail-fast --test '*'

.PHONY: mutants
mutants: tools ## does a test fail for each protecting line that is taken away? (ONLY="NAME…": these)
	@dev/mutants.py all $(ONLY)

.PHONY: mutants-few
mutants-few: tools ## the same for four of them, chosen by what has changed
	@dev/mutants.py few

.PHONY: matrix
matrix: tools ## scenario × server: the same scenarios on every SCIM server, and their table
	@dev/matrix.sh

.PHONY: matrix-renew
matrix-renew: tools ## write down the outcomes of the matrix as those that are expected
	@MATRIX_RENEW=1 dev/matrix.sh
	@dev/matrix.py page

.PHONY: chart
chart: ## the Helm chart: lint, schemas, an installation, its rights
	@dev/check-chart.sh

.PHONY: image-check
image-check: ## the Dockerfile, without an engine (FULL=1: also run its build, about 5 minutes)
	@python3 dev/check_image.py $(if $(FULL),full)

.PHONY: generate
generate: ## write crds/, the chart's copy of it and docs/ from src/api and the matrix
	@mkdir -p crds charts/scim-operator/files/crds docs/reference
	cargo run --quiet -- crds --dir crds
	cp crds/*.yaml charts/scim-operator/files/crds/
	cargo run --quiet -- reference --dir docs/reference
	@dev/matrix.py page

.PHONY: check-generated
check-generated: ## do crds/, the chart's copy and docs/ say what src/api and the matrix say?
	@dev/matrix.py check
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && mkdir "$$fresh/crds" "$$fresh/reference" && \
	cargo run --quiet -- crds --dir "$$fresh/crds" && cargo run --quiet -- reference --dir "$$fresh/reference" && \
	for copy in crds charts/scim-operator/files/crds docs/reference; do \
	  diff -r "$$fresh/$$(basename $$copy)" $$copy || { echo "$$copy is out of date: run make generate"; exit 1; }; \
	done

.PHONY: tools
tools: ## build what demo and tests need besides Rust, once, into the user's cache folder
	@dev/tools.sh

.PHONY: bench
bench: tools ## how long a thousand users take, and what the operator weighs then
	cargo test --quiet --bench thousand_users
