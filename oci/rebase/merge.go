package rebase

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// merge takes from the new parent what the image left as its parent had it, field by field, and in the environment and the
// labels name by name.
func merge(from, image, onto v1.Config) v1.Config {
	merged := *image.DeepCopy()
	old, have, latest := reflect.ValueOf(from), reflect.ValueOf(&merged).Elem(), reflect.ValueOf(*onto.DeepCopy())
	for i := range have.NumField() {
		if same(old.Field(i), have.Field(i)) {
			have.Field(i).Set(latest.Field(i))
		}
	}
	merged.Labels = mergeMap(from.Labels, image.Labels, onto.Labels)
	merged.Env = mergeEnv(from.Env, image.Env, onto.Env)
	return merged
}

// same compares two values; an empty list is as good as none.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Map || a.Kind() == reflect.Slice {
		return a.Len() == 0 && b.Len() == 0 || reflect.DeepEqual(a.Interface(), b.Interface())
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

func mergeMap(from, image, onto map[string]string) map[string]string {
	merged := map[string]string{}
	maps.Copy(merged, onto)
	for name, value := range image {
		if old, ok := from[name]; !ok || old != value {
			merged[name] = value
		}
	}
	for name := range from {
		if _, kept := image[name]; !kept {
			delete(merged, name) // the image took it away
		}
	}
	return merged
}

// mergeEnv merges NAME=VALUE lists: the order is that of the new parent, then that of the image.
func mergeEnv(from, image, onto []string) []string {
	values := mergeMap(variables(from), variables(image), variables(onto))
	var merged []string
	for _, v := range slices.Concat(onto, image) {
		name, _, _ := strings.Cut(v, "=")
		if value, ok := values[name]; ok {
			merged = append(merged, name+"="+value)
			delete(values, name)
		}
	}
	return merged
}

func variables(env []string) map[string]string {
	m := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		m[name] = value
	}
	return m
}
