package command

import (
	"strings"
	"testing"
)

// FuzzConfig looks for config files that break the reader, or that it takes although they lack something.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		`{"documents":[{"path":"d.yaml","parameters":[{"name":"a","value":"1"}]}],"parameters":[{"name":"b","value":2}],"phases":"build,test"}`,
		`{"documents":[{"path":"s3://bucket/d.yaml"}],"phases":["build"],"executonId":"odd","trace":true,"rebootLimit":3,"colour":"red"}`,
		`{"documents":[{"path":"d.yaml"}],"logDirectory":null,"cwLogGroup":"g","logS3BucketName":"b"}`,
		`{"documents":[]}`, `{"documents":[{"path":""}]}`, `{"documents":null}`, `[]`, `null`, `{}`, ``, `{"parameters":[{"name":"a"}]}`,
		`{"documents":[{"path":"d"}],"parameters":[{"name":null,"value":null}]}`, `{"documents":[{"path":"d"}],"phases":[1]}`,
		"{\"documents\":[{\"path\":\"\\ud800\"}]}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig([]byte(text))
		if err != nil {
			return
		}
		if len(c.documents) == 0 {
			t.Error("no documents")
		}
		for _, d := range c.documents {
			if d.Location == "" {
				t.Error("a document without location")
			}
			if _, ok := d.Parameters[""]; ok {
				t.Error("a parameter without name")
			}
		}
		for name := range c.settings {
			known := false
			for _, f := range runFlags {
				known = known || f.name == name && !f.notInConfig
			}
			if !known {
				t.Errorf("setting %q", name)
			}
		}
	})
}

// FuzzParameters looks for texts of --parameters that break the reader.
func FuzzParameters(f *testing.F) {
	for _, text := range []string{"a=1,b=2", `"h=x,y",a=1`, "a=1,a=b=c", ` "h=x" , a=1 2`, "n=", `"n=v"x`, "", ",", `"`, `""`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parameters, err := parseParameters(text)
		if (err == nil) != (len(parameters) > 0) {
			t.Errorf("%q: %v, %v", text, parameters, err)
		}
		for name, value := range parameters {
			if name == "" || value == "" || !strings.Contains(text, name) || !strings.Contains(text, value) {
				t.Errorf("%q: %q=%q", text, name, value)
			}
		}
	})
}
