ARG DISTRO=fedora:42
FROM {{{ imagebuilder:parentImage }}} AS files
FROM ${DISTRO} AS work
{{{ imagebuilder:components }}}
COPY --from=files /etc/os-release /parent-release
