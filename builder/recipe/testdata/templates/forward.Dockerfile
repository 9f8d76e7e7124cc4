FROM {{{ imagebuilder:parentImage }}}
COPY --from=later /x /x
{{{ imagebuilder:components }}}
FROM alpine AS later
RUN touch /x
FROM scratch
COPY --from=0 / /
