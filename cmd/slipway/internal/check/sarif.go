package check

import (
	"path/filepath"
	"slices"
)

// SARIF is a log in the Static Analysis Results Interchange Format 2.1.0, which code hosts show beside the lines.
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

// ToSARIF makes a log of problems; version is that of slipway.
func ToSARIF(problems []Problem, version string) SARIF {
	driver := sarifDriver{Name: "slipway", Version: version, Rules: []sarifRule{}}
	results := []sarifResult{}
	for _, p := range problems {
		if !slices.ContainsFunc(driver.Rules, func(r sarifRule) bool { return r.ID == p.Code }) {
			driver.Rules = append(driver.Rules, sarifRule{ID: p.Code})
		}
		text := p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		at := sarifPhysical{Artifact: sarifArtifact{URI: filepath.ToSlash(p.File)}}
		if p.Line > 0 {
			at.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Column}
		}
		results = append(results, sarifResult{
			RuleID: p.Code, Level: p.Severity, Message: sarifText{text}, Locations: []sarifLocation{{Physical: at}},
		})
	}
	return SARIF{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{{Tool: sarifTool{Driver: driver}, Results: results}},
	}
}
