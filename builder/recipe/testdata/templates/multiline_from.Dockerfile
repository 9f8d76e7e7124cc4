FROM \
  # the parent
  {{{ imagebuilder:parentImage }}}
{{{ imagebuilder:components }}}
