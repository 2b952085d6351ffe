# The image of the action. Built by the legacy builder too (act has no other): no --mount and no syntax line.
# The runner decides user and working folder, so neither is set here.
ARG GO_IMAGE=golang:1.26-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${GO_IMAGE} AS build
# uv is one self-contained program inside its wheel.
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-pip \
 && python3 -m pip install --no-cache-dir --target /opt/uv uv==0.13.9
COPY go.mod go.sum /src/
RUN cd /src && go mod download
COPY . /src/
ARG VERSION=
RUN cd /src \
 && CGO_ENABLED=1 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X github.com/assay-ml/assay/internal/cli.release=${VERSION}" \
      -o /assay ./cmd/assay

FROM ${BASE_IMAGE}
# git reads the base commit; Python and uv run the user's own training command, which says `python`, and whose
# `uv pip install --system` is meant for this image: nothing else lives here that Debian's marker would protect.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git libstdc++6 python3 \
 && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
 && ln -s python3 /usr/bin/python
COPY --from=build /opt/uv/bin/uv /usr/local/bin/uv
COPY --from=build /assay /usr/local/bin/assay
# The runner gives a post-entrypoint no arguments.
RUN printf '#!/bin/sh\nexec /usr/local/bin/assay end\n' > /usr/local/bin/assay-end && chmod 755 /usr/local/bin/assay-end
ENTRYPOINT ["/usr/local/bin/assay", "action"]
