FROM {{{ imagebuilder:parentImage }}}
RUN true
