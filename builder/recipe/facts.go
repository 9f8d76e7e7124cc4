package recipe

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// labelKeys gives the labels that the last stage has from the template.
func (p *templateParser) labelKeys() []string {
	keys := map[string]bool{}
	for _, i := range p.chain(len(p.stages) - 1) {
		for _, command := range p.stages[i].Commands {
			c, ok := command.(*instructions.LabelCommand)
			if !ok {
				continue
			}
			for _, label := range c.Labels {
				key, _, err := shell.NewLex(p.escapeToken()).ProcessWord(label.Key, shell.EnvsFromSlice(nil))
				if err == nil {
					keys[key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// secretIDs gives the secrets that instructions of used stages mount.
func (p *templateParser) secretIDs() []string {
	ids := map[string]bool{}
	p.usedCommands(func(command instructions.Command) {
		run, ok := command.(*instructions.RunCommand)
		if !ok {
			return
		}
		for _, m := range mounts(run) {
			if m.Type == instructions.MountTypeSecret {
				ids[secretID(m)] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(ids))
}

// secretID follows BuildKit: a secret without an id is named by the last element of its target.
func secretID(m *instructions.Mount) string {
	if m.CacheID != "" {
		return m.CacheID
	}
	if m.Source != "" {
		return m.Source
	}
	return m.Target[strings.LastIndexByte(m.Target, '/')+1:]
}

// usesContext says that a COPY, an ADD or a bind mount reads from the context.
func (p *templateParser) usesContext() bool {
	uses := false
	p.usedCommands(func(command instructions.Command) {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			uses = uses || c.From == "" && len(c.SourcePaths) > 0
		case *instructions.AddCommand:
			uses = uses || len(c.SourcePaths) > 0
		case *instructions.RunCommand:
			for _, m := range mounts(c) {
				uses = uses || m.Type == instructions.MountTypeBind && m.From == ""
			}
		case *instructions.OnbuildCommand:
			uses = true
		}
	})
	return uses
}

func (p *templateParser) usedCommands(visit func(instructions.Command)) {
	reached := p.reached()
	for i, s := range p.stages {
		if !reached[i] {
			continue
		}
		for _, command := range s.Commands {
			visit(command)
		}
	}
}
