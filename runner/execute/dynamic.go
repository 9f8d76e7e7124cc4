package execute

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/expr"
)

// dynamic returns the value of a prefixed reference. Values from outside the machine are asked for once a step.
func (r *stepRun) dynamic(ref expr.Ref) (string, error) {
	switch ref.Source {
	case expr.Env:
		if value, ok := lookupEnv(r.Env, ref.Name); ok {
			return value, nil
		}
		return "", fmt.Errorf("environment variable %q is not set", ref.Name)
	case expr.Context:
		return r.fact(ref.Name)
	case expr.SSM:
		return r.lookup(ref, r.SSM)
	case expr.IMDS:
		return r.lookup(ref, r.IMDS)
	}
	return "", fmt.Errorf("unknown source %q", ref.Source)
}

func (r *stepRun) lookup(ref expr.Ref, source Lookup) (string, error) {
	if source == nil {
		return "", errors.New("no source for this value")
	}
	if value, ok := r.lookups[ref.Raw]; ok {
		return value, nil
	}
	value, secure, err := source(r.ctx, ref.Name)
	if err != nil {
		return "", err
	}
	if secure {
		r.Recorder.Masker().Add(value)
	}
	if r.lookups == nil {
		r.lookups = map[string]string{}
	}
	r.lookups[ref.Raw] = value
	return value, nil
}

func (r *stepRun) fact(key string) (string, error) {
	now := r.Recorder.Now()
	switch key {
	case "executionId":
		return r.id, nil
	case "accountId":
		return r.Facts.AccountID, nil
	case "region":
		return r.Facts.Region, nil
	case "osPlatform":
		return r.Facts.OSPlatform, nil
	case "osName":
		return r.Facts.OSName, nil
	case "osVersion":
		return r.Facts.OSVersion, nil
	case "hostname":
		return r.Facts.Hostname, nil
	case "date":
		return now.Format("2006-01-02"), nil
	case "dateTime":
		return now.Format("2006-01-02T15:04:05Z"), nil
	case "uuid":
		return NewID(), nil
	case "phase":
		return r.phase.Name, nil
	case "step":
		return r.step.Name, nil
	}
	return "", fmt.Errorf("no context value %q", key)
}

// NewID returns a new random UUID in lower case.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func lookupEnv(env []string, name string) (string, bool) {
	for _, e := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value, true
		}
	}
	return "", false
}
