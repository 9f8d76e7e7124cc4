# `make demo` shows the main job, `make test` tests everything; both install what they need on Debian.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X github.com/slipway-oci/slipway/cmd/slipway/internal/release.Version=$(VERSION) \
            -X github.com/slipway-oci/slipway/cmd/slipway/internal/release.Commit=$(shell git rev-parse --verify -q HEAD 2>/dev/null)
RUNNERS  := builder/engine/runnerbin/images
PLATFORM := $(shell $(GO) env GOARCH)

export CGO_ENABLED ?= 0

.PHONY: build runner test unit race integration demo lint bench bench-scale bench-page bench-compare bench-prerequisites clean prerequisites

build: runner
	$(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/slipway ./cmd/slipway

# The runner carries no version: the same source gives the same bytes, and so the same cache keys.
runner: bin/slipway-runner-linux-amd64 bin/slipway-runner-linux-arm64
	for arch in amd64 arm64; do \
		$(GO) run ./builder/engine/runnerbin/pack -arch $$arch -out $(RUNNERS) bin/slipway-runner-linux-$$arch || exit 1; done
	cp bin/slipway-runner-linux-$(PLATFORM) bin/slipway-runner

bin/slipway-runner-linux-%: $(shell find runner cmd/slipway-runner -name '*.go' -not -name '*_test.go') go.mod
	GOOS=linux GOARCH=$* $(GO) build -trimpath -buildvcs=false -ldflags "-s -w" -o $@ ./cmd/slipway-runner

prerequisites:
	sh .ci/prerequisites runc mmdebstrap docker-registry uidmap skopeo docker.io podman qemu-user-static busybox-static jq

# Everything: the unit tests, those of them without containers with the race detector, and the whole program against
# real parts.
test: export SLIPWAY_S3_SERVER = $(CURDIR)/bin/versitygw
test: prerequisites build bin/versitygw race integration

# The S3 server that tests start. It takes minutes to build and changes with its go.mod alone.
bin/versitygw: .tools/s3/go.mod .tools/s3/go.sum
	$(GO) build -C .tools/s3 -o $(CURDIR)/$@ github.com/versity/versitygw/cmd/versitygw

unit: runner
	$(GO) test ./...

race: runner
	sh .ci/prerequisites gcc libc6-dev
	CGO_ENABLED=1 $(GO) test -race $$($(GO) list ./... | grep -v /cmd/slipway/integration)

integration: build
	$(GO) test -count=1 -timeout 40m ./cmd/slipway/integration/...

demo: prerequisites build
	sh examples/demo.sh

lint:
	$(GO) tool -modfile=.tools/go.mod golangci-lint run
	$(GO) mod tidy -diff

# What the bench needs besides what slipway needs: the other builders, and the parts of the floor.
bench-prerequisites: prerequisites
	sh .ci/prerequisites docker.io buildah packer pigz zstd curl

bench: bench-prerequisites build bin/buildkitd bin/buildctl
	$(GO) run ./cmd/bench $(BENCH)

# The pictures of docs/performance.md.
bench-scale: bench-prerequisites build
	$(GO) run ./cmd/bench -scale docs/images -runs 2 $(BENCH)

# Both, with the results written into docs/performance.md.
bench-page: bench-prerequisites build bin/buildkitd bin/buildctl
	$(GO) run ./cmd/bench -page docs/performance.md
	$(GO) run ./cmd/bench -page docs/performance.md -scale docs/images -runs 2

# How the Go benchmarks of the working tree differ from those of a revision: make bench-compare BASE=main
bench-compare: runner
	sh .ci/bench-compare "$(BASE)"

bin/buildkitd bin/buildctl: .tools/go.mod .tools/go.sum
	$(GO) build -modfile=.tools/go.mod -ldflags "-s -w" -o $@ github.com/moby/buildkit/cmd/$(@F)

clean:
	rm -rf bin $(RUNNERS)/amd64 $(RUNNERS)/arm64
