package document

import "slices"

// Allows reports whether value may be given to the parameter.
func (p Parameter) Allows(value string) bool {
	return p.AllowedValues == nil || slices.Contains(p.AllowedValues, value)
}

// Variables returns the values that variable references stand for: constants, and parameters with the supplied value
// or else their default. A parameter with neither is absent. Supplied names that the document does not declare, or
// declares as constants, are ignored.
func (d *Document) Variables(supplied map[string]string) map[string]string {
	values := make(map[string]string, len(d.Parameters)+len(d.Constants))
	for _, p := range d.Parameters {
		if v, ok := supplied[p.Name]; ok {
			values[p.Name] = v
		} else if p.Default != nil {
			values[p.Name] = *p.Default
		}
	}
	for _, c := range d.Constants {
		values[c.Name] = c.Value
	}
	return values
}

// CheckValues reports supplied values that parameters do not allow, and warns about those that are constants. Whether
// a needed parameter lacks a value depends on the phases that run, so that is for Validate.
func (d *Document) CheckValues(supplied map[string]string) Diagnostics {
	var ds Diagnostics
	for _, p := range d.Parameters {
		if v, ok := supplied[p.Name]; ok && !p.Allows(v) {
			ds.add(Error, CodeParamNotAllowed, p.Pos, "", "parameter %q cannot be %q: it is not one of its allowedValues", p.Name, v)
		}
	}
	for _, c := range d.Constants {
		if _, ok := supplied[c.Name]; ok {
			ds.add(Warning, CodeConstantOverride, c.Pos, "", "%q is a constant: the supplied value is ignored", c.Name)
		}
	}
	return ds.arranged()
}
