# The image of slipway itself, as a job image or a builder. Containers in a container: run it with --privileged, or
# with --builder and an address it needs no privileges.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN make build VERSION=$VERSION

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates runc \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/bin/slipway /usr/local/bin/slipway
ENV SLIPWAY_HOME=/var/lib/slipway
VOLUME /var/lib/slipway
WORKDIR /work
ENTRYPOINT ["slipway"]
