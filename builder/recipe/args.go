package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Arg is a build argument of the stage with the components, declared before them.
type Arg struct {
	Name    string  `json:"name"`
	Default *string `json:"default,omitempty"` // as written; nil when there is none
}

// BuildArgs gives the environment variables that the build arguments make for steps, as NAME=VALUE. The environment
// is that of the image in front of the components, and values holds arguments that are set from outside, among them
// those that BuildKit sets by itself (TARGETARCH and its like). An argument without a value is left out, and one
// whose name an ENV has set after it as well.
func (t *Template) BuildArgs(environment []string, values map[string]string) ([]string, error) {
	env := slices.Clone(environment)
	set := map[string]string{}
	for _, a := range t.Args {
		value, ok := values[a.Name]
		if !ok {
			if a.Default == nil {
				continue
			}
			var err error
			if value, _, err = shell.NewLex(t.escape).ProcessWord(*a.Default, shell.EnvsFromSlice(env)); err != nil {
				return nil, fmt.Errorf("default of build argument %q: %w", a.Name, err)
			}
		}
		env = append(env, a.Name+"="+value)
		set[a.Name] = value
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		list = append(list, name+"="+set[name])
	}
	return list, nil
}

// args collects the build arguments that hold where the components stand. Those of the stages that this one starts
// from are inherited.
func (p *templateParser) args() []Arg {
	var list []Arg
	global := map[string]string{}
	for _, pair := range p.globalArgs() {
		name, value, _ := strings.Cut(pair, "=")
		global[name] = value
	}
	p.beforeComponents(func(command instructions.Command) {
		switch c := command.(type) {
		case *instructions.ArgCommand:
			for _, a := range c.Args {
				arg := Arg{Name: a.Key, Default: a.Value}
				if value, ok := global[a.Key]; ok && a.Value == nil {
					arg.Default = &value
				}
				list = append(list, arg)
			}
		case *instructions.EnvCommand:
			for _, e := range c.Env {
				list = slices.DeleteFunc(list, func(a Arg) bool { return a.Name == e.Key })
			}
		}
	})
	return list
}

// user gives the user that instructions before the components set last.
func (p *templateParser) user() string {
	user := ""
	p.beforeComponents(func(command instructions.Command) {
		if c, ok := command.(*instructions.UserCommand); ok {
			user = c.User
		}
	})
	return user
}

// beforeComponents visits the commands that come before the components in their stage and the stages it starts from.
func (p *templateParser) beforeComponents(visit func(instructions.Command)) {
	for _, i := range p.chain(p.stageAt(p.components)) {
		for _, command := range p.stages[i].Commands {
			if at := command.Location(); len(at) > 0 && at[0].Start.Line > p.components+1 && i == p.stageAt(p.components) {
				continue
			}
			visit(command)
		}
	}
}
