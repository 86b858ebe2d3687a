# make test    everything, on SQLite and a PostgreSQL of its own, browser journeys included
# make check   form, arrows between the rooms, generated files, known vulnerabilities
# make demo    Standin with a believable company, in a temporary directory, on loopback
# make chaos   the program killed 200 times on each database; make histories, 10,000 random histories on each
# make algebra 100 million questions about rights, answered twice; make mutants, how many changes of rights the tests find
# make bench   measurements; nothing else should run on the machine meanwhile
# make setup   installs what the tests need from Debian's packages, if absent: PostgreSQL, chromium, web servers, languages

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: test check demo bench chaos histories algebra mutants setup generate clean

WITH_POSTGRES := .cache/withpostgres

test: setup $(WITH_POSTGRES)
	@$(WITH_POSTGRES) build/test

check:
	@build/check

demo:
	@go run ./cmd/standin demo $(ARGS)

bench: setup $(WITH_POSTGRES)
	@$(WITH_POSTGRES) go test -p 1 -run '^$$' -bench . -benchmem -timeout 60m $(ARGS) ./bench/...
	@cd bench/peers && go test -run '^$$' -bench . -timeout 60m $(ARGS) .
	@$(WITH_POSTGRES) bash -c "cd bench/provider && go test -run '^$$' -bench . -timeout 60m $(ARGS) ."

chaos: setup $(WITH_POSTGRES)
	@$(WITH_POSTGRES) go test -tags chaos -count 1 -v -timeout 60m $(ARGS) ./chaos/...

histories: setup $(WITH_POSTGRES)
	@$(WITH_POSTGRES) go test -tags chaos -count 1 -v -timeout 180m $(ARGS) ./histories/...

algebra:
	@go test -tags chaos -count 1 -v -timeout 180m $(ARGS) ./rights/...

mutants:
	@build/mutants $(ARGS)

setup:
	@build/setup

generate:
	@go generate ./...

clean:
	@rm -rf .cache bench/results

$(WITH_POSTGRES): $(wildcard build/postgres/*.go build/withpostgres/*.go) go.mod
	@mkdir -p $(@D)
	@go build -o $@ ./build/withpostgres
