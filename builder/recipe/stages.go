package recipe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// base gives the index of the stage that stage i starts from, or -1 and the name of an image.
func (p *templateParser) base(i int) (int, string) {
	name := p.stages[i].BaseName
	if expanded, _, err := shell.NewLex(p.escapeToken()).ProcessWord(name, shell.EnvsFromSlice(p.globalArgs())); err == nil {
		name = expanded
	}
	for earlier := i - 1; earlier >= 0; earlier-- {
		if s := p.stages[earlier].Name; s != "" && strings.EqualFold(s, name) {
			return earlier, name
		}
	}
	return -1, name
}

func (p *templateParser) escapeToken() rune {
	if p.escape == 0 {
		return '\\'
	}
	return p.escape
}

// globalArgs are the arguments before the first FROM with the values that they have without any --build-arg.
func (p *templateParser) globalArgs() []string {
	var env []string
	for _, command := range p.meta {
		for _, a := range command.Args {
			if a.Value == nil {
				continue
			}
			value := *a.Value
			if v, _, err := shell.NewLex(p.escapeToken()).ProcessWord(value, shell.EnvsFromSlice(env)); err == nil {
				value = v
			}
			env = append(env, a.Key+"="+value)
		}
	}
	return env
}

// chain gives the stages that stage i starts from, the oldest first, and i itself as the last.
func (p *templateParser) chain(i int) []int {
	var list []int
	for i >= 0 {
		list = append(list, i)
		i, _ = p.base(i)
	}
	slices.Reverse(list)
	return list
}

// reached gives the stages that the last one depends on, itself included.
func (p *templateParser) reached() map[int]bool {
	reached := map[int]bool{}
	todo := []int{len(p.stages) - 1}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[i] {
			continue
		}
		reached[i] = true
		if base, _ := p.base(i); base >= 0 {
			todo = append(todo, base)
		}
		for _, command := range p.stages[i].Commands {
			for _, name := range sources(command) {
				if from := p.find(name); from >= 0 {
					todo = append(todo, from)
				}
			}
		}
	}
	return reached
}

// find gives the stage of a name or number, -1 when it is none.
func (p *templateParser) find(name string) int {
	if number, err := strconv.Atoi(name); err == nil && number >= 0 && number < len(p.stages) {
		return number
	}
	for i, stage := range slices.Backward(p.stages) {
		if stage.Name != "" && strings.EqualFold(stage.Name, name) {
			return i
		}
	}
	return -1
}

// sources names what a command reads besides the stage it is in.
func sources(command instructions.Command) []string {
	switch c := command.(type) {
	case *instructions.CopyCommand:
		if c.From != "" {
			return []string{c.From}
		}
	case *instructions.RunCommand:
		var names []string
		for _, m := range mounts(c) {
			if m.From != "" {
				names = append(names, m.From)
			}
		}
		return names
	}
	return nil
}

// mounts gives the mounts of a RUN with their values as written: BuildKit evaluates them only when it is told the
// variables. Where a value is no use without its variable, what needs none (From) is given.
func mounts(run *instructions.RunCommand) []*instructions.Mount {
	before := instructions.GetMounts(run)
	if err := run.Expand(func(word string) (string, error) { return word, nil }); err != nil {
		return before
	}
	return instructions.GetMounts(run)
}
