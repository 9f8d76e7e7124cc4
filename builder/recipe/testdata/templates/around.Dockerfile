ARG VERSION=1
FROM {{{ imagebuilder:parentImage }}}
# The version of the software.
ARG VERSION
ARG FLAVOUR=plain \
    # and the edition
    EDITION="second edition"
ENV HOME_PAGE=https://example.com
ONBUILD RUN echo triggered
CMD ["serve"]
USER app
{{{ imagebuilder:environments }}}

{{{ imagebuilder:components }}}
COPY --chown=app conf/ /etc/app/
RUN <<END
echo "$FLAVOUR made from {{{ imagebuilder:parentImage }}}"
END
ENTRYPOINT ["/usr/bin/app"]
