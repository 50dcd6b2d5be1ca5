# The two commands of the README. Both install what they need with apt, when they may.

CARGO ?= cargo
DECON := target/release/decon
CASE := .demo/case
# What the tests run: engines, registries and tools for images, all from Debian's packages.
PACKAGES := nats-server docker.io containerd podman docker-registry skopeo umoci runc

.PHONY: demo test bench fuzz packages build

build:
	$(CARGO) build --release --locked

# Runs the main job on the bundled evidence, whose answer is known, then on this machine.
demo: build
	@rm -rf .demo && mkdir -p .demo
	@echo "== examples/acme: one small company's evidence"
	@$(DECON) check examples/acme --case $(CASE); status=$$?; \
	  $(DECON) report --case $(CASE) --format html --output demo-report.html; \
	  if [ $$status -ne 14 ]; then echo "demo: expected exit status 14 (executed), got $$status"; exit 1; fi
	@$(DECON) case verify $(CASE)
	@echo
	@echo "== this machine: its engines and this folder's own files"
	@cd crates && ../$(DECON) check --advisory kics-2026-04 --advisory trivy-2026-03; status=$$?; \
	  if [ $$status -eq 1 ] || [ $$status -eq 2 ]; then exit 1; fi; echo "(exit status $$status)"
	@echo
	@echo "The report: file://$(CURDIR)/demo-report.html"

# As root, or with sudo that asks nothing. Without either, tests that need an engine say so by name.
packages:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  run=""; if [ "$$(id -u)" != 0 ]; then run="sudo -n"; $$run true 2>/dev/null || { echo "not root: install$$missing to run every test"; exit 0; }; fi; \
	  echo "installing$$missing"; \
	  $$run apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -q --no-install-recommends $$missing >/dev/null; \
	fi

test: packages
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	$(CARGO) test --release --locked --workspace
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "cargo-deny is not here: licences and bans were not checked"; fi

# Prints each figure beside its peer's, from the same run.
bench: build
	$(CARGO) bench --locked -p decon

# Each target for SECONDS; needs a nightly compiler and cargo-fuzz.
SECONDS ?= 60
fuzz:
	@cd fuzz && for t in fuzz_targets/*.rs; do \
	  cargo +nightly fuzz run $$(basename $$t .rs) -- -max_total_time=$(SECONDS) -rss_limit_mb=2048 || exit 1; done
