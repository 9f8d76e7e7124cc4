FROM golang:1.26 AS tools
RUN go version
FROM \
  {{{ imagebuilder:parentImage }}} \
  AS base
ARG BASE_ARG=base
LABEL base=1
FROM base
ARG OWN=$BASE_ARG
COPY --from=tools /usr/local/go /usr/local/go
{{{ imagebuilder:components }}}
FROM debian:12-slim
COPY --from=2 /opt /opt
LABEL final=1
RUN --mount=type=bind,source=.,target=/src --mount=type=secret,target=/run/secrets/key true
