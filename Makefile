# make test passes every test, the container end to end included, and installs what it needs (as root, on Debian).
# make check is the quick form. make faults is the campaign against the write-back to GitHub: ten minutes.
.PHONY: check test faults handoff-model
check:
	go vet ./...
	go test ./...
	.ci/lint

test:
	.ci/test

faults:
	.ci/faults

# make handoff-model plays 1000 random schedules of hand-offs, every interleaving of more of them, and planted bugs: half an hour.
handoff-model:
	.ci/handoff-model
