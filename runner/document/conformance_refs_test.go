package document_test

import (
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
)

func variableRows() map[string][]row {
	param := func(text string) string { return "parameters:\n" + text + "\n" + head + echo }
	constant := func(text string) string { return "constants:\n" + text + "\n" + head + echo }
	run := func(phases []string, values map[string]string) document.Options {
		return document.Options{Run: &document.Run{Phases: phases, Parameters: values}}
	}
	open := "parameters: [{Port: {type: string}}]\n" + phases("build") + "- name: test\n  steps: [{name: A, action: ExecuteBash, inputs: {commands: ['{{ Port }}']}}]\n"
	allowed := param("- Size: {type: string, allowedValues: [s, 1.0], default: s}")
	return map[string][]row{
		"VAR-02": {{name: "not declared", text: head + echo, opts: run(nil, map[string]string{"Other": "x"})}},
		"VAR-03": {{name: "constant", text: constant("- Port: {type: string, value: 1}"), opts: run(nil, map[string]string{"Port": "x"}), want: []string{"warning constant-override 2:3"}}},
		"VAR-04": {
			{name: "2 characters", text: param("- ab: {type: string}"), want: []string{"error bad-name 2:3"}},
			{name: "129 characters", text: param("- " + strings.Repeat("a", 129) + ": {type: string}"), want: []string{"error bad-name 2:3"}},
			{name: "128 characters", text: param("- " + strings.Repeat("a", 128) + ": {type: string}")},
			{name: "dot", text: param("- a.b: {type: string}"), want: []string{"error bad-name 2:3"}},
			{name: "number", text: param("- 1234: {type: string}"), want: []string{"error bad-name 2:3"}},
			{name: "boolean", text: constant("- true: {type: string, value: x}"), want: []string{"error bad-name 2:3"}},
			{name: "quoted number", text: param("- '1234': {type: string}")},
			{name: "a map", text: "parameters: {Port: {type: string}}\n" + head + echo, want: []string{"error wrong-type 1:13"}},
			{name: "two keys", text: param("- name: Port\n  type: string"), want: []string{"error wrong-type 2:3"}},
		},
		"VAR-05": {
			{name: "parameter and constant", text: param("- Port: {type: string}\nconstants:\n- Port: {type: string, value: x}"), want: []string{"error duplicate-name 4:3"}},
			{name: "two parameters", text: param("- Port: {type: string}\n- Port: {type: string}"), want: []string{"error duplicate-name 3:3"}},
		},
		"VAR-06": {
			{name: "number", text: param("- Port: {type: number}"), want: []string{"error bad-value 2:16"}},
			{name: "no type", text: param("- Port: {default: x}"), want: []string{"error missing-key 2:3"}},
			{name: "constant without value", text: constant("- Port: {type: string}"), want: []string{"error missing-key 2:3"}},
			{name: "constant with null", text: constant("- Port: {type: string, value: ~}"), want: []string{"error missing-key 2:3"}},
			{name: "unknown attribute", text: param("- Port: {type: string, defaul: x}"), want: []string{"warning unknown-key 2:24"}, near: `did you mean "default"?`},
			{name: "default is a list", text: param("- Port: {type: string, default: [x]}"), want: []string{"error wrong-type 2:33"}},
		},
		"VAR-07": {
			{name: "referenced", text: open, opts: run(nil, nil), want: []string{"error param-no-value 7:63"}},
			{name: "referenced by an unselected phase", text: open, opts: run([]string{"build"}, nil)},
			{name: "supplied", text: open, opts: run(nil, map[string]string{"Port": ""})},
			{name: "not a run", text: open},
		},
		"VAR-08": {
			{name: "allowed", text: allowed, opts: run(nil, map[string]string{"Size": "1.0"})},
			{name: "supplied", text: allowed, opts: run(nil, map[string]string{"Size": "S"}), want: []string{"error param-not-allowed 2:3"}},
			{name: "default", text: param("- Size: {type: string, allowedValues: [s], default: m}"), want: []string{"error param-not-allowed 2:53"}},
		},
		"VAR-09": {{name: "literal", text: param("- Port: {type: string, default: '{{ Nope }}'}\nconstants:\n- Host: {type: string, value: '{{ Nope }}'}")}},
		"VAR-11": {{name: "letter case", text: command("echo {{ name }}"), want: []string{"error ref-undefined 13:14"}, near: `did you mean "Name"?`}},
	}
}

// two is a document of these lines under the inputs of a second step; the first step is at line 5 and looks at what
// the second does. The lines are commands.
func chainDoc(first, second string) string {
	return head +
		"  - {name: One, action: ExecuteBash, inputs: {commands: ['" + first + "']}}\n" +
		"  - {name: Two, action: ExecuteBash, inputs: {commands: ['" + second + "']}}\n"
}

func referenceRows() map[string][]row {
	workflow := document.Options{Workflow: true}
	across := phases("build") + "- name: test\n  steps: [{name: A, action: ExecuteBash, inputs: {commands: ['{{ build.Echo.outputs.stdout }}']}}]\n"
	between := phases("build") + "- name: test\n  steps:\n  - {name: A, action: ExecuteBash, inputs: {commands: ['{{ other.B.inputs.commands[0] }}']}}\n" +
		"- name: other\n  steps: [{name: B, action: ExecuteBash, inputs: {commands: ['{{ build.Echo.inputs.commands[0] }}']}}]\n"
	copies := head + "  - {name: One, action: CopyFile, inputs: [{source: a, destination: b}, {source: c, destination: d}]}\n"
	rows := map[string][]row{
		"REF-01": {
			{name: "no space", text: command("echo '{{Name}}'")},
			{name: "tabs", text: command("echo '{{\tName\t}}'")},
		},
		"REF-03": {
			{name: "plain", text: command("echo {{ Name }} {{ Nope }}"), want: []string{"error ref-undefined 13:25"}},
			{name: "literal block", text: command("|\n        echo {{ Name }}\n        echo {{ Name }} {{ Nope }}"), want: []string{"error ref-undefined 15:25"}},
			{name: "folded block", text: command(">\n        echo {{ Nope }}"), want: []string{"error ref-undefined 13:9"}},
			{name: "third of the same", text: command("'{{ Name }} {{Nope}} {{ Name }}'"), want: []string{"error ref-undefined 13:21"}},
		},
		"REF-04": {
			{name: "alone", text: command("{{ Name }}"), want: []string{"error ref-unquoted 13:9"}},
			{name: "with more behind", text: act("CreateFile", "path: {{ Name }}/x"), want: []string{"error ref-unquoted 8:13"}},
			{name: "chain", text: act("CreateFile", "path: {{ build.Step.inputs.content }}"), want: []string{"error ref-unquoted 8:13"}},
			{name: "chain with an index", text: act("CreateFile", "content: x", "path: {{ build.Step.inputs[0].content }}"), want: []string{"error ref-unquoted 9:13"}},
			{name: "flow list", text: act("ExecuteBash", "commands: [{{ env:HOME }}]"), want: []string{"error ref-unquoted 8:18"}},
			{name: "list item with more behind", text: command("{{ Name }} --help"), want: []string{"error ref-unquoted 13:9"}},
		},
		"REF-05": {
			{name: "undefined", text: command("echo {{ Nope }}"), want: []string{"error ref-undefined 13:14"}, near: "'{{'"},
			{name: "in a map", text: act("InstallMSI", "path: a.msi", "properties: {A: '{{ Nope }}'}"), want: []string{"warning unsupported-platform 6:13", "error ref-undefined 9:24"}},
			{name: "in if", text: step("if: {fileExists: '{{ Nope }}'}"), want: []string{"error ref-undefined 8:23"}},
			{name: "in forEach", text: step("loop: {forEach: ['{{ Nope }}']}"), want: []string{"error ref-undefined 8:23"}},
		},
		"REF-06": {
			{name: "template", text: command("docker ps --format '{{ .Names }}'")},
			{name: "filter", text: command("echo '{{ a | b }}' '{{ item.value }}' '{{ a.b.c }}' '{{}}'")},
		},
		"REF-11": {{name: "second entry", text: copies + "  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.inputs[1].source }}']}}\n"}},
		"REF-12": {{name: "map-shaped", text: head + "  - {name: One, action: ExecuteBinary, inputs: {path: a}}\n" +
			"  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.inputs.path }}{{ build.One.inputs[0].path }}']}}\n"}},
		"REF-14": {
			{name: "element", text: chainDoc("a", "{{ build.One.inputs.commands[0] }}")},
			{name: "member", text: head + "  - {name: One, action: InstallMSI, inputs: {path: a.msi, properties: {A: b}}}\n" +
				"  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.inputs.properties.A }}']}}\n", want: []string{"warning unsupported-platform 5:25"}},
			{name: "no such member", text: head + "  - {name: One, action: InstallMSI, inputs: {path: a.msi, properties: {A: b}}}\n" +
				"  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.inputs.properties.B }}']}}\n", want: []string{"warning unsupported-platform 5:25", "error ref-unknown-field 6:59"}},
			{name: "whole list", text: chainDoc("a", "{{ build.One.inputs.commands }}"), want: []string{"error ref-unknown-field 6:59"}},
			{name: "part of a text", text: copies + "  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.inputs.source[0] }}']}}\n", want: []string{"error ref-unknown-field 6:59"}},
			{name: "part of an output", text: chainDoc("a", "{{ build.One.outputs.stdout[0] }}"), want: []string{"error ref-unknown-field 6:59"}},
		},
		"REF-15": {
			{name: "phase", text: command("echo {{ built.Before.outputs.stdout }}"), want: []string{"error ref-unknown-step 13:14"}, near: `did you mean "build"?`},
			{name: "step", text: command("echo {{ build.before.outputs.stdout }}"), want: []string{"error ref-unknown-step 13:14"}, near: `did you mean "Before"?`},
		},
		"REF-16": {
			{name: "input", text: command("echo {{ build.Before.inputs.comands }}"), want: []string{"error ref-unknown-field 13:14"}, near: `did you mean "commands"?`},
			{name: "output", text: command("echo {{ build.Before.outputs.stdot }}"), want: []string{"error ref-unknown-field 13:14"}, near: `did you mean "stdout"?`},
			{name: "no outputs", text: copies + "  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.outputs.stdout }}']}}\n", want: []string{"error ref-unknown-field 6:59"}},
		},
		"REF-17": {
			{name: "itself", text: command("echo {{ build.Step.outputs.stdout }}"), want: []string{"error ref-not-before 13:14"}},
			{name: "later", text: chainDoc("{{ build.Two.outputs.stdout }}", "a"), want: []string{"error ref-not-before 5:59"}},
			{name: "later, through an input", text: chainDoc("{{ build.Two.inputs.commands[0] }}", "{{ build.One.outputs.stdout }}"), want: []string{"error ref-not-before 5:59"}},
			{name: "earlier", text: chainDoc("a", "{{ build.One.outputs.stdout }}")},
		},
		"REF-18": {
			{name: "static", text: chainDoc("{{ build.Two.inputs.commands[0] }}", "a")},
			{name: "own input", text: act("CreateFile", "path: /a", "content: '{{ build.Step.inputs.path }}'")},
		},
		"REF-19": {
			{name: "each other", text: chainDoc("{{ build.Two.inputs.commands[0] }}", "{{ build.One.inputs.commands[0] }}"), want: []string{"error ref-cycle 5:59", "error ref-cycle 6:59"}},
			{name: "itself", text: act("CreateFile", "path: '{{ build.Step.inputs.path }}'"), want: []string{"error ref-cycle 8:14"}},
		},
		"REF-20": {{name: "absent input", text: act("CreateFile", "path: /a", "content: '{{ build.Step.inputs.encoding }}{{ build.Step.inputs.permissions }}'")}},
		"REF-21": {{name: "boolean waits", text: command("a") + "  - {name: C, action: CreateFile, inputs: {path: a, overwrite: '{{ Name }}'}}\n"}},
		"REF-24": {
			{name: "output for outputs", text: command("echo {{ build.Before.output.stdout }}"), want: []string{"warning ref-malformed 13:14"}},
			{name: "no key", text: command("echo {{ Name }} {{ build.Before.outputs }}"), want: []string{"warning ref-malformed 13:25"}},
			{name: "other words", text: command("echo {{ build.Other.output.stdout }}")},
		},
		"REF-25": {
			{name: "plain", text: across, want: []string{"warning ref-stage-boundary 6:63"}, near: `"build"`},
			{name: "workflow", text: across, opts: workflow, want: []string{"error ref-stage-boundary 6:63"}},
			{name: "inputs", text: strings.Replace(across, "outputs.stdout", "inputs.commands[0]", 1), opts: workflow, want: []string{"error ref-stage-boundary 6:63"}},
			{name: "custom phase", text: strings.Replace(across, "name: test", "name: other", 1), opts: workflow},
			{name: "validate to build", text: strings.Replace(across, "name: test", "name: validate", 1), opts: workflow},
			{
				name: "host test to test", text: strings.Replace(strings.Replace(across, "name: test", "name: container-host-test", 1), "name: build", "name: test", 1),
				opts: workflow, want: []string{"warning no-build-phase 3:3", "error ref-unknown-step 6:63"},
			},
		},
		"REF-26": {{name: "through a custom phase", text: between, opts: workflow, want: []string{"error ref-stage-boundary 7:57"}}},
		"REF-27": {
			{name: "not selected", text: strings.Replace(across, "name: test", "name: validate", 1), opts: document.Options{Run: &document.Run{Phases: []string{"validate"}}}, want: []string{"error ref-not-selected 6:63"}},
			{name: "both selected", text: strings.Replace(across, "name: test", "name: validate", 1), opts: document.Options{Run: &document.Run{Phases: []string{"validate", "build"}}}},
			{name: "holder not selected", text: strings.Replace(across, "name: test", "name: validate", 1), opts: document.Options{Run: &document.Run{Phases: []string{"build"}}}},
		},
		"REF-28": {{name: "another document", text: command("echo {{ other.Step.outputs.stdout }}"), want: []string{"error ref-unknown-step 13:14"}}},
		"REF-29": {
			{name: "loop in if", text: step("loop: {forEach: [a]}", "if: {fileExists: '{{ loop.value }}'}"), want: []string{"error ref-not-allowed-here 9:23"}},
			{name: "secret in if", text: step("if: {stringEquals: a, value: '{{ secrets.TOKEN }}'}"), want: []string{"error ref-not-allowed-here 8:35"}},
			{name: "secret in if, through an input", text: act("CreateFile", "path: a", "content: '{{ secrets.TOKEN }}'") + "    if: {stringIsEmpty: '{{ build.Step.inputs.content }}'}\n", want: []string{"error ref-not-allowed-here 10:26"}},
			{name: "chain in for.start", text: step("loop: {for: {start: '{{ build.Step.inputs.commands[0] }}', end: 2, updateBy: 1}}"), want: []string{"error ref-not-allowed-here 8:26"}},
			{name: "dynamic in for.end", text: step("loop: {for: {start: 1, end: '{{ env:N }}', updateBy: 1}}"), want: []string{"error ref-not-allowed-here 8:34"}},
			{name: "secret in forEach", text: step("loop: {forEach: ['{{ secrets.TOKEN }}']}"), want: []string{"error ref-not-allowed-here 8:23"}},
			{name: "loop in forEach", text: step("loop: {forEach: ['{{ loop.value }}']}"), want: []string{"error ref-not-allowed-here 8:23"}},
			{name: "dynamic in forEach", text: step("loop: {forEach: {list: '{{ env:HOME }}'}}")},
			{name: "chain in forEach", text: step() + "  - {name: A, action: UpdateOS, loop: {forEach: ['{{ build.Step.outputs.stdout }}']}}\n"},
			{name: "chain in forEach.list", text: step() + "  - {name: A, action: UpdateOS, loop: {forEach: {list: '{{ build.Step.outputs.stdout }}'}}}\n"},
			{name: "own output in forEach", text: step("loop: {forEach: ['{{ build.Step.outputs.stdout }}']}"), want: []string{"error ref-not-before 8:23"}},
			{name: "chain in if", text: chainDoc("a", "b") + "    \n  - {name: Three, action: UpdateOS, if: {fileExists: '{{ build.One.outputs.stdout }}'}}\n"},
			{name: "inputs of a looping step", text: step("loop: {forEach: [a]}") + "  - {name: A, action: ExecuteBash, inputs: {commands: ['{{ build.Step.inputs.commands[0] }}']}}\n"},
			{name: "inputs of a looping step with its loop", text: strings.Replace(step("loop: {name: L, forEach: [a]}"), "echo 1", "'{{ L.value }}'", 1) +
				"  - {name: A, action: ExecuteBash, inputs: {commands: ['{{ build.Step.inputs.commands[0] }}']}}\n", want: []string{"error ref-not-allowed-here 9:57"}},
		},
		"NEST-05": {
			{name: "name and value", text: act("ExecuteDocument", "document: d.yaml", "parameters: [{name: a, value: '{{ env:X }}'}]")},
			{name: "no value", text: act("ExecuteDocument", "document: d.yaml", "parameters: [{name: '{{ env:X }}'}]"), want: []string{"error missing-key 9:20"}},
			{name: "null", text: act("ExecuteDocument", "document: d.yaml", "parameters: [{name: a, value: ~}]"), want: []string{"error missing-key 9:20"}},
			{name: "other key", text: act("ExecuteDocument", "document: d.yaml", "parameters: [{name: a, vlaue: x, value: y}]"), want: []string{"error unknown-key 9:30"}, near: "value"},
			{name: "no list", text: act("ExecuteDocument", "document: d.yaml", "parameters: {name: a, value: x}"), want: []string{"error wrong-type 9:19"}},
			{name: "twice", text: act("ExecuteDocument", "document: d.yaml", "parameters: [{name: a, value: x}, {name: a, value: y}]"), want: []string{"error bad-value 8:7"}},
		},
		"REF-30": {
			{name: "list", text: chainDoc("a", "{{ build.One.inputs.commands[1] }}"), want: []string{"error ref-unknown-field 6:59"}},
			{name: "entry", text: chainDoc("a", "{{ build.One.inputs[1].commands[0] }}"), want: []string{"error ref-unknown-field 6:59"}},
			{name: "output", text: chainDoc("a", "{{ build.One.outputs[1].stdout }}"), want: []string{"error ref-unknown-field 6:59"}},
			{name: "outputs of entries", text: head + "  - {name: One, action: ReadFile, inputs: [{path: a}, {path: b}]}\n" +
				"  - {name: Two, action: ExecuteBash, inputs: {commands: ['{{ build.One.outputs[1].content }}', '{{ build.One.outputs[2].content }}']}}\n", want: []string{"error ref-unknown-field 6:97"}},
			{name: "number beyond any list", text: chainDoc("a", "{{ build.One.inputs.commands[99999999999999999999] }}"), want: []string{"error ref-unknown-field 6:59"}},
		},
		"DYN-03": {
			{name: "known keys", text: command("'{{ context:executionId }}{{ context:accountId }}{{ context:region }}{{ context:osPlatform }}{{ context:osName }}{{ context:osVersion }}{{ context:date }}{{ context:dateTime }}{{ context:uuid }}{{ context:hostname }}{{ context:phase }}{{ context:step }}'")},
			{name: "unknown key", text: command("'{{ context:hostnam }}'"), want: []string{"error ref-undefined 13:10"}, near: `did you mean "hostname"?`},
		},
		"DYN-07": {
			{name: "region", text: command("'{{ aws:imds:placement/region }}'")},
			{name: "iam", text: command("'{{ aws:imds:iam/info }}'"), want: []string{"error ref-not-allowed-here 13:10"}},
			{name: "iam, hidden", text: command("'{{ aws:imds:/latest/meta-data/x/..//IAM/info }}'"), want: []string{"error ref-not-allowed-here 13:10"}},
			{name: "identity credentials", text: command("'{{ aws:imds:identity-credentials/ec2 }}'"), want: []string{"error ref-not-allowed-here 13:10"}},
			{name: "iam as a part of a word", text: command("'{{ aws:imds:iamx }}'")},
		},
		"SEC-02": {{name: "a spelling of CI systems", text: step("if: {stringIsEmpty: '${{ secrets.X }}'}")}},
	}
	return rows
}
