FROM {{{ imagebuilder:parentImage }}} AS base
ENV A=1 PARENT=2
ARG B=$A.$PARENT
ONBUILD ENV C=3
FROM base AS app
ARG D=${B}-d
CMD ["before"]
HEALTHCHECK CMD true
SHELL ["/bin/bash", "-c"]
STOPSIGNAL SIGINT
WORKDIR sub
USER app
EXPOSE 80
{{{ imagebuilder:components }}}
ENV E=$D
ENTRYPOINT run
VOLUME /data
WORKDIR deeper
LABEL made=$C
