package document_test

import (
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
)

func loopRows() map[string][]row {
	count := func(start, end, by string) string {
		return "constants: [{Two: {type: string, value: 2}}, {Word: {type: string, value: x}}]\nparameters: [{Count: {type: string, default: 3}}]\n" +
			step(fmt.Sprintf("loop: {for: {start: %s, end: %s, updateBy: %s}}", start, end, by))
	}
	split := func(delimiter string) string {
		return step("loop: {forEach: {list: 'a', delimiter: " + delimiter + "}}")
	}
	var delimiters []row
	for _, d := range []string{"'.'", "','", "';'", "':'", `"\n"`, `"\t"`, "' '", "'-'", "'_'"} {
		delimiters = append(delimiters, row{name: d, text: split(d)})
	}
	run := func(values map[string]string) document.Options {
		return document.Options{Run: &document.Run{Parameters: values}}
	}
	return map[string][]row{
		"LOOP-01": {
			{name: "up", text: count("1", "5", "2")}, {name: "not hit", text: count("1", "6", "2")}, {name: "down", text: count("5", "1", "-2")},
		},
		"LOOP-02": {{name: "up", text: count("1", "1", "7")}, {name: "down", text: count("1", "1", "-7")}},
		"LOOP-03": {
			{name: "zero", text: count("1", "2", "0"), want: []string{"error loop-infinite 10:46"}},
			{name: "zero, same bounds", text: count("1", "1", "0"), want: []string{"error loop-infinite 10:46"}},
			{name: "zero, open bounds", text: count("1", "'{{ Count }}'", "0"), want: []string{"error loop-infinite 10:58"}},
			{name: "down from below", text: count("1", "2", "-1"), want: []string{"error loop-infinite 10:46"}, near: "positive"},
			{name: "up from above", text: count("2", "1", "1"), want: []string{"error loop-infinite 10:46"}, near: "negative"},
			{name: "by a constant", text: count("5", "'{{ Two }}'", "1"), want: []string{"error loop-infinite 10:56"}},
			{name: "by a supplied value", text: count("5", "'{{ Count }}'", "1"), opts: run(map[string]string{"Count": "1"}), want: []string{"error loop-infinite 10:58"}},
		},
		"LOOP-04": {
			{name: "parameter", text: count("1", "'{{ Count }}'", "1"), opts: run(nil)},
			{name: "no number", text: count("1", "'{{ Count }}'", "1"), opts: run(map[string]string{"Count": "many"}), want: []string{"error bad-value 10:33"}},
			{name: "constant that is no number", text: count("1", "'{{ Word }}'", "1"), want: []string{"error bad-value 10:33"}},
			{name: "text around the reference", text: count("1", "'{{ Count }}0'", "1"), want: []string{"error wrong-type 10:33"}},
			{name: "no reference at all", text: count("1", "x", "1"), want: []string{"error wrong-type 10:33"}},
			{name: "undefined", text: count("1", "'{{ Nope }}'", "1"), want: []string{"error ref-undefined 10:34"}},
			{name: "64 bit", text: count("-9223372036854775808", "9223372036854775807", "1")},
			{name: "beyond 64 bit", text: count("1", "9223372036854775808", "1"), want: []string{"error wrong-type 10:33"}},
		},
		"LOOP-05": {{name: "references", text: strings.Replace(count("1", "2", "1"), "for: {start: 1, end: 2, updateBy: 1}", "forEach: ['{{ Two }}', 1.0, ~]", 1)}},
		"LOOP-06": {
			{name: "empty", text: step("loop: {forEach: []}"), want: []string{"error loop-shape 8:21"}},
			{name: "both", text: step("loop: {forEach: [a], for: {start: 1, end: 2, updateBy: 1}}"), want: []string{"error loop-shape 8:11"}},
			{name: "neither", text: step("loop: {name: x}"), want: []string{"error loop-shape 8:11"}},
			{name: "a text", text: step("loop: {forEach: 'a,b'}"), want: []string{"error wrong-type 8:21"}},
			{name: "no list", text: step("loop: {forEach: {delimiter: ','}}"), want: []string{"error missing-key 8:21"}},
			{name: "map item", text: step("loop: {forEach: [{a: b}]}"), want: []string{"error wrong-type 8:22"}, near: "quote"},
		},
		"LOOP-07": append(delimiters,
			row{name: "absent", text: step("loop: {forEach: {list: 'a,b'}}")},
			row{name: "pipe", text: split("'|'"), want: []string{"error loop-delimiter 8:44"}},
			row{name: "two characters", text: split("', '"), want: []string{"error loop-delimiter 8:44"}},
			row{name: "empty", text: split("''"), want: []string{"error loop-delimiter 8:44"}},
			row{name: "reference", text: split("'{{ Two }}'"), want: []string{"error loop-delimiter 8:44"}},
		),
		"LOOP-08": {{name: "backslash n", text: split(`'\n'`)}, {name: "backslash t", text: split(`'\t'`)}},
		"LOOP-13": {
			{name: "no loop", text: command("echo {{ loop.value }}"), want: []string{"warning ref-loop-outside 13:14"}},
			{name: "loop of another step", text: step("loop: {name: L, forEach: [a]}") + "  - {name: A, action: ExecuteBash, inputs: {commands: ['{{ L.value }}']}}\n", want: []string{"warning ref-loop-outside 9:57"}},
			{name: "no loop anywhere", text: command("echo {{ item.value }}")},
			{name: "own loop", text: strings.Replace(step("loop: {name: L, forEach: [a]}"), "echo 1", "'{{ L.value }}{{ loop.index }}'", 1)},
		},
		"LOOP-14": {
			{name: "twice", text: step("loop: {name: L, forEach: [a]}") + "  - {name: A, action: UpdateOS, loop: {name: L, forEach: [a]}}\n", want: []string{"error duplicate-name 9:46"}},
			{name: "in two phases", text: step("loop: {name: L, forEach: [a]}") + "- name: test\n  steps: [{name: A, action: UpdateOS, loop: {name: L, forEach: [a]}}]\n"},
			{name: "loop", text: step("loop: {name: loop, forEach: [a]}"), want: []string{"error bad-name 8:18"}},
			{name: "secrets", text: step("loop: {name: secrets, forEach: [a]}"), want: []string{"error bad-name 8:18"}},
			{name: "space", text: step("loop: {name: a b, forEach: [a]}"), want: []string{"error bad-name 8:18"}},
		},
	}
}

func conditionRows() map[string][]row {
	cond := func(text string) string { return step("if: " + text) }
	nested := func(n int) string { return strings.Repeat("{not: ", n) + "{fileExists: /x}" + strings.Repeat("}", n) }
	return map[string][]row{
		"COND-05": {{name: "list of one", text: cond("[{fileExists: /x}]")}, {name: "list of two", text: cond("[{fileExists: /x}, {fileExists: /y}]"), want: []string{"error if-shape 8:9"}}},
		"COND-06": {
			{name: "two operators", text: cond("{fileExists: /x, folderExists: /y}"), want: []string{"error if-shape 8:26"}},
			{name: "none", text: cond("{then: Skip}"), want: []string{"error if-shape 8:9"}},
			{name: "null operand", text: cond("{fileExists: }"), want: []string{"error if-shape 8:9"}},
			{name: "then inside and", text: cond("{and: [{fileExists: /x, then: Skip}, {fileExists: /y}]}"), want: []string{"error if-shape 8:33"}},
			{name: "empty and", text: cond("{and: []}"), want: []string{"error if-shape 8:15"}},
			{name: "and of one", text: cond("{or: [{fileExists: /x}]}"), want: []string{"warning if-shape 8:14"}},
			{name: "and of a map", text: cond("{and: {fileExists: /x}}"), want: []string{"error if-shape 8:15"}},
			{name: "wrong branch", text: cond("{fileExists: /x, then: skip}"), want: []string{"error bad-value 8:32"}, near: `did you mean "Skip"?`},
			{name: "missing value", text: cond("{stringEquals: a}"), want: []string{"error if-shape 8:10"}},
			{name: "empty value", text: cond("{stringEquals: a, value: ''}")},
			{name: "value where there is none", text: cond("{fileExists: a, value: x}"), want: []string{"error if-shape 8:32"}},
			{name: "value for path", text: cond("{fileMD5Equals: d41d8cd98f00b204e9800998ecf8427e, value: x}"), want: []string{"error if-shape 8:10", "error if-shape 8:66"}},
			{name: "list operand", text: cond("{fileExists: [a]}"), want: []string{"error wrong-type 8:22"}},
			{name: "a text", text: cond("yes"), want: []string{"error if-shape 8:9"}},
		},
		"COND-08": {
			{name: "map", text: cond("{not: {fileExists: /x}}")},
			{name: "list of one", text: cond("{not: [{fileExists: /x}]}")},
			{name: "list of two", text: cond("{not: [{fileExists: /x}, {fileExists: /y}]}"), want: []string{"error if-shape 8:15"}},
		},
		"COND-09": {
			{name: "depth 4", text: cond(nested(4))},
			{name: "depth 5", text: cond(nested(5)), want: []string{"error if-depth 8:34"}},
			{name: "depth 4 in Assert", text: act("Assert", nested(4))},
			{name: "depth 5 in Assert", text: act("Assert", nested(5)), want: []string{"error if-depth 8:32"}},
		},
		"COND-11": {{name: "letter case", text: cond("{stringlessThan: a, value: b}"), want: []string{"warning if-operator 8:10"}, near: "stringLessThan"}},
		"COND-12": {
			{name: "Skip alone", text: cond("{fileExists: /x, then: Skip}"), want: []string{"warning if-never 8:9"}},
			{name: "Skip and Execute", text: cond("{fileExists: /x, then: Skip, else: Execute}")},
		},
		"COND-14": {
			{name: "branches inside not", text: cond("{not: {fileExists: f, then: Skip, else: Execute}}"), want: []string{"warning if-shape 8:31", "warning if-shape 8:43"}},
			{name: "branches inside a lower not", text: cond("{not: {not: {fileExists: f, then: Skip}}}"), want: []string{"error if-shape 8:37"}},
			{name: "branches twice", text: cond("{else: Skip, not: {fileExists: f, else: Abort}}"), want: []string{"error if-shape 8:43", "warning if-shape 8:43"}},
			{name: "value first", text: cond("{value: a, stringEquals: b}")},
		},
		"CMP-06": {
			{name: "pattern", text: cond("{patternMatches: '(', value: a}"), want: []string{"error bad-value 8:26"}},
			{name: "short digest", text: cond("{fileMD5Equals: abc, path: /x}"), want: []string{"error bad-value 8:25"}},
			{name: "not hex", text: cond("{fileMD5Equals: zz1d8cd98f00b204e9800998ecf8427e, path: /x}"), want: []string{"error bad-value 8:25"}},
			{name: "reference", text: "parameters: [{Digest: {type: string, default: x}}]\n" + cond("{fileMD5Equals: '{{ Digest }}', path: /x}")},
		},
		"CMP-11": {
			{name: "text", text: cond("{numberEquals: abc, value: 1}"), want: []string{"error bad-value 8:24"}},
			{name: "infinity", text: cond("{numberEquals: .inf, value: 1}"), want: []string{"error bad-value 8:24"}},
			{name: "infinity as value", text: cond("{numberEquals: 1, value: -.INF}"), want: []string{"error bad-value 8:34"}},
			{name: "beyond float64", text: cond("{numberEquals: 1e400, value: 1}"), want: []string{"error bad-value 8:24"}},
			{name: "plain exponent", text: cond("{numberEquals: 1e3, value: 1000}")},
			{name: "quoted exponent", text: cond("{numberEquals: '1e3', value: 1000}"), want: []string{"error bad-value 8:24"}},
			{name: "text as value", text: cond("{numberEquals: 1, value: abc}")},
		},
		"ASRT-01": {
			{name: "and of three", text: act("Assert", "and: [{fileExists: a}, {binaryExists: b}, {stringEquals: a, value: b}]")},
			{name: "list of one", text: act("Assert", "- fileExists: a")},
			{name: "then", text: act("Assert", "fileExists: a", "then: Skip"), want: []string{"error if-shape 9:7"}},
			{name: "no operator", text: act("Assert", "value: a"), want: []string{"error if-shape 8:7"}},
			{name: "references", text: act("Assert", "fileExists: '{{ Nope }}'"), want: []string{"error ref-undefined 8:20"}},
		},
	}
}
