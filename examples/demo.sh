#!/bin/sh
# The main job from nothing: make a Debian image, start a registry, build, test and push examples/nginx, and fetch it
# back from the registry by its digest. Called by `make demo`; everything it starts is ended again, also on Ctrl-C.
# Images and caches are kept in ~/.cache/slipway-demo (DEMO_HOME is another folder), so a second time is quick.
set -eu
cd "$(dirname "$0")/.."

SLIPWAY_HOME=${DEMO_HOME:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/slipway-demo}
export SLIPWAY_HOME
registry=127.0.0.1:5055 # examples/nginx/recipe.yaml pushes there
parent=debian:bookworm
slipway=bin/slipway
work=$(mktemp -d)
registry_pid=

clean_up() {
	trap - EXIT INT TERM HUP
	[ -z "$registry_pid" ] || kill "$registry_pid" 2>/dev/null && wait "$registry_pid" 2>/dev/null || :
	"$slipway" builder stop >/dev/null 2>&1 || :
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n==> %s\n' "$*"; }

run() {
	printf '$ %s\n' "$*" >&2
	"$@"
}

fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# The package mirrors of this machine, if they are for bookworm; else mmdebstrap has its own.
mirrors() {
	for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
		if grep -qs '^[^#]*bookworm' "$file"; then
			echo "$file"
			return
		fi
	done
}

# The number of tags that the registry has. Each is a folder of its storage.
tags() {
	set -- "$work"/registry/docker/registry/v2/repositories/demo/nginx/_manifests/tags/*
	echo $#
}

make_parent() {
	say "A parent image: Debian bookworm, made with mmdebstrap"
	if "$slipway" image show "$parent" >/dev/null 2>&1; then
		echo "$parent is in the image store already"
		return
	fi
	# shellcheck disable=SC2046 # one file or nothing
	run mmdebstrap --quiet --variant=minbase bookworm "$work/bookworm.tar" $(mirrors)
	run "$slipway" image import "$work/bookworm.tar" "$parent"
	rm "$work/bookworm.tar"
}

start_registry() {
	say "A registry on $registry"
	cat >"$work/registry.yml" <<-END
		version: 0.1
		log: {level: info, accesslog: {disabled: true}}
		storage: {filesystem: {rootdirectory: $work/registry}}
		http: {addr: $registry}
	END
	docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
	registry_pid=$!
	tries=100
	until grep -qs "listening on" "$work/registry.log"; do
		tries=$((tries - 1))
		if [ "$tries" = 0 ] || ! kill -0 "$registry_pid" 2>/dev/null; then
			cat "$work/registry.log" >&2
			fail "the registry did not start; is something else on $registry?"
		fi
		sleep 0.1
	done
	echo "docker-registry is running, process $registry_pid"
}

fetch_back() {
	say "The image as the registry has it"
	run skopeo --insecure-policy copy --quiet --src-tls-verify=false \
		"docker://$registry/demo/nginx@$1" "oci:$work/pulled:nginx"
	grep -q "$1" "$work/pulled/index.json" || fail "the registry gave another image than $1"
	for blob in "$work"/pulled/blobs/sha256/*; do
		if tar -xzf "$blob" -C "$work" srv/www/index.html 2>/dev/null; then
			echo "srv/www/index.html begins with:"
			head -n 1 "$work/srv/www/index.html"
			return
		fi
	done
	fail "the image has no srv/www/index.html"
}

[ -x "$slipway" ] || fail "there is no bin/slipway; run: make build"

make_parent
start_registry

say "Build, test and push examples/nginx"
digest=$(run "$slipway" build examples/nginx)
echo "$digest"
fetch_back "$digest"

say "A change that the test does not expect: nothing is pushed"
code=0
run "$slipway" build examples/nginx --param "nginx.Title=Another title" || code=$?
[ "$code" = 3 ] || fail "exit code $code instead of 3"
[ "$(tags)" = 1 ] || fail "the failed image was pushed"
echo "exit code 3, and the registry has the one image of before"

say "The smallest recipe: examples/hello"
run "$slipway" build examples/hello

say "An image without a shell: examples/scratch"
(cd examples/scratch && CGO_ENABLED=0 run "${GO:-go}" build -trimpath -ldflags "-s -w" -o server .)
run "$slipway" build examples/scratch

say "Images in the store"
run "$slipway" image list
say "Done. Images and caches are in $SLIPWAY_HOME"
