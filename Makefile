# make test passes every test, the container end to end included, and installs what it needs (as root, on Debian).
# make check is the quick form.
.PHONY: check test
check:
	go vet ./...
	go test ./...
	.ci/lint

test:
	.ci/test
