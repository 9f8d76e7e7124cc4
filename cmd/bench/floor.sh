# One cycle of the floor, in a mount namespace of its own and in the folder with its bundles. RUN is the value of this
# run, ROOTFS the parent, COMPRESSOR a command, UPLOAD where a blob goes, if it does.
set -eu

# container BUNDLE LOWER runs the bundle on top of LOWER; what it writes is in BUNDLE/upper.
container() {
	rm -rf "$1/upper" "$1/work"
	mkdir -p "$1/upper" "$1/work" "$1/merged"
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/merged"
	sed "s/@run@/$RUN/g" "$1/config.in" >"$1/config.json"
	runc run --bundle "$1" "floor-$$-$1" </dev/null
}

lower=$ROOTFS
if [ -e cached/config.in ]; then
	[ -e cached/upper ] || container cached "$lower"
	lower=cached/upper:$lower
fi
if [ -e build/config.in ]; then
	container build "$lower"
	lower=build/upper:$lower
	tar --xattrs --xattrs-include='*' -C build/upper -cf - . | $COMPRESSOR >layer
fi
if [ -e test/config.in ]; then
	container test "$lower"
fi
if [ -e build/config.in ] && [ -n "$UPLOAD" ]; then
	digest=$(sha256sum layer | cut -d' ' -f1)
	location=$(curl -fsS -X POST -o /dev/null -D - "$UPLOAD" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
	curl -fsS -X PUT -H 'Content-Type: application/octet-stream' -T layer "$location&digest=sha256:$digest"
fi
