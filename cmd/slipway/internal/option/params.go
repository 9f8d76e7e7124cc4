package option

import (
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/plan"
)

// Params are the values of component parameters.
type Params struct {
	values []string
	file   string
}

// AddFlags adds --param and --params-file.
func (p *Params) AddFlags(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&p.values, "param", "p", nil, "set a parameter of every component that has it, or with COMPONENT.`NAME=VALUE` of one; repeatable")
	fs.StringVar(&p.file, "params-file", "", "set parameters from a YAML or JSON `FILE`; --param wins")
}

// Apply sets the parameters in the options of a plan.
func (p *Params) Apply(o *plan.Options) error {
	o.Params = p.values
	if p.file == "" {
		return nil
	}
	var err error
	o.ParamsFile, err = plan.ReadParams(p.file)
	return err
}
