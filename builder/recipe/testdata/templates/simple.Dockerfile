# syntax=docker/dockerfile:1.7
# escape=`
FROM {{{ imagebuilder:parentImage }}}
LABEL org.opencontainers.image.title="my title" "quoted key"=1
RUN --mount=type=secret,id=token true
{{{ imagebuilder:environments }}}
{{{ imagebuilder:components }}}
