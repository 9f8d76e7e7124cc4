package component

import (
	"context"
	"errors"
	"testing"
)

func TestAddressesFind(t *testing.T) {
	texts := map[string]string{
		"https://host/a/curl.yaml?version=1":     oneStep("build"),
		"s3://bucket/checks/http.yaml":           "name: The Check\n" + oneStep("test"),
		"oci://host:5000/components/nginx:1.x.x": oneStep("build"),
	}
	gone := errors.New("gone")
	source := Addresses{Actions: folder(t, nil).Actions, Read: func(_ context.Context, address string) ([]byte, error) {
		if text, ok := texts[address]; ok {
			return []byte(text), nil
		}
		return nil, gone
	}}
	for address, want := range map[string]string{
		"https://host/a/curl.yaml?version=1": "curl", "s3://bucket/checks/http.yaml": "The Check", "oci://host:5000/components/nginx:1.x.x": "nginx",
	} {
		c, err := source.Find(t.Context(), address)
		if err != nil || c.Name != want || c.Version != FileVersion || c.File != "" {
			t.Errorf("%s: %+v, %v", address, c, err)
		}
	}
	for _, reference := range []string{"nginx", "./nginx.yaml", "file:///nginx.yaml", "aws:update-linux"} {
		if _, err := source.Find(t.Context(), reference); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", reference, err)
		}
	}
	if _, err := source.Find(t.Context(), "https://host/none"); !errors.Is(err, gone) || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
