package recipe

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

func (r *reader) budgets(n *yaml.Node) Budgets {
	var b Budgets
	r.mapping(n, "budgets", []field{
		{"image", false, func(n *yaml.Node) { b.Image = r.budget(n, "the budget of the image") }},
		{"component", false, func(n *yaml.Node) { b.Component = r.budget(n, "the budget of a component") }},
	})
	return b
}

func (r *reader) budget(n *yaml.Node, what string) *Budget {
	var b Budget
	r.mapping(n, what, []field{
		{"size", false, func(n *yaml.Node) { b.Size = r.size(n, "size") }},
		{"files", false, func(n *yaml.Node) { b.Files = r.integer(n, "files", 1, math.MaxInt32) }},
		{"seconds", false, func(n *yaml.Node) { b.Seconds = r.seconds(n, "seconds") }},
	})
	return &b
}

var (
	sizePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([kKMGT]?)(i?)B?$`) })
	sizePowers  = map[string]float64{"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
)

// size reads a number of bytes: 1500, 20MB (decimal), 1.5GiB (binary).
func (r *reader) size(n *yaml.Node, what string) int64 {
	value, ok := r.scalar(n, what)
	if !ok {
		return 0
	}
	m := sizePattern().FindStringSubmatch(value)
	if m == nil || m[2] == "" && m[3] != "" {
		r.advise(n, "such as 500kB, 20MB or 1.5GiB", "%s is %q, not a number of bytes", what, value)
		return 0
	}
	base := 1000.0
	if m[3] != "" {
		base = 1024
	}
	number, err := strconv.ParseFloat(m[1], 64)
	bytes := number * math.Pow(base, sizePowers[strings.ToUpper(m[2])])
	if err != nil || bytes < 1 || bytes > math.MaxInt64/2 {
		r.fail(n, "%s is %q; at least 1 byte is needed", what, value)
		return 0
	}
	return int64(bytes)
}

func (r *reader) seconds(n *yaml.Node, what string) float64 {
	value, ok := r.scalar(n, what)
	if !ok {
		return 0
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || !(number > 0) || number > math.MaxInt32 {
		r.fail(n, "%s is %q; a number above 0 is needed", what, value)
		return 0
	}
	return number
}
