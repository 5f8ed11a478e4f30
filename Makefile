# Versions of the tools; they are fetched and built by the go command, there is nothing to install.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

GO       ?= go
PKGS     ?= ./...
TESTTIME ?= 20m
FUZZTIME ?= 20s
ENV      := scripts/test-env.sh
LINT     := $(GO) run $(GOLANGCI_LINT)
# SQLite is C turned into Go: watching its inside for races makes it six times slower and finds nothing of ours, since
# whatever we share lies on our side of the driver.
RACE     := -race -gcflags='modernc.org/...=-race=false'

.DEFAULT_GOAL := help
.PHONY: help run build test test-all check format vet lint boundaries unit bench fuzz understand transcripts example cover fix vuln

help: ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start on an empty disk: SQLite, built-in Redis, web chat on http://127.0.0.1:8080
	$(GO) run .

build: ## Build a small static binary into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/tuanbot .

test: ## Everything, on both engine pairs, as CI runs it (starts private MariaDB and Redis)
	TUANBOT_TEST_REQUIRE=1 $(ENV) $(MAKE) --no-print-directory check </dev/null

test-all: ## As test, with longer crash runs, then every fuzz target
	TUANBOT_TEST_LONG=1 $(MAKE) --no-print-directory test TESTTIME=90m
	$(MAKE) --no-print-directory fuzz

check: format vet lint boundaries unit ## Format, vet, lint, boundaries and all tests with race and shuffle

format:
	@bad=$$(gofmt -l .); \
	if [ -n "$$bad" ]; then echo "not formatted, run 'make fix':"; echo "$$bad"; exit 1; fi

vet:
	$(GO) vet ./...

lint:
	$(LINT) run

boundaries:
	$(GO) test -count=1 -run '^TestBoundaries' .

unit:
	$(GO) test $(RACE) -shuffle=on -timeout $(TESTTIME) $(PKGS)

bench: ## Joins per second beside peer and floor, deciding 10,000 teams, start-up time
	$(ENV) $(GO) run . bench

fuzz: ## Every fuzz target for FUZZTIME (20s) each
	scripts/fuzz.sh $(FUZZTIME)

understand: ## How well texts are understood: precision, recall and the misses by class
	$(GO) test ./handlers/chat/words -count=1 -v -run '^(TestUnderstand|TestDates)$$' -args -misses -heldout
	HELDOUT=1 $(GO) test ./handlers/chat/chains ./handlers/chat/adverts -count=1 -v -run '^TestCorpus$$'

transcripts: ## Write the conversations in handlers/chat/testdata anew; review the difference
	$(GO) test ./handlers/chat -count=1 -update

example: ## Write configs/example.yaml anew from the table of settings
	$(GO) test ./configs -count=1 -run '^TestExampleFileIsCurrent$$' -update

cover: ## Test coverage as coverage.html
	$(ENV) $(GO) test -coverpkg=./... -coverprofile=coverage.out -timeout $(TESTTIME) $(PKGS)
	$(GO) tool cover -html=coverage.out -o coverage.html
	$(GO) tool cover -func=coverage.out | tail -n 1

fix: ## Format, and repair what lint and go fix can repair
	$(LINT) fmt
	$(GO) fix ./...
	$(LINT) run --fix

vuln: ## Known vulnerabilities in what we call (needs the online database)
	$(GO) run $(GOVULNCHECK) ./...
