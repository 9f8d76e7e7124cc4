package sealed

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	arn  = "arn:aws:kms:eu-west-1:123456789012:key/0f2c5a8e-5f7d-4f59-8c77-000000000000"
	text = "name: secret document\n"
)

var label = []byte("component/nginx/1.0.0/1")

func newKey() string {
	raw := make([]byte, keySize)
	rand.Read(raw)
	return literal + base64.URLEncoding.EncodeToString(raw)
}

func fingerprint(t *testing.T, key string) string {
	t.Helper()
	id, err := Fingerprint(key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func inAWS(answer bool) func(context.Context) bool {
	return func(context.Context) bool { return answer }
}

func newSealer(t *testing.T, o Options) *Sealer {
	t.Helper()
	if o.AWS == nil {
		o.AWS = inAWS(false)
	}
	s := New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestKMS01KMS03LiteralKey(t *testing.T) {
	key := newKey()
	id := fingerprint(t, key)
	if !fingerprintPattern().MatchString(id) {
		t.Fatalf("fingerprint %q", id)
	}
	s := newSealer(t, Options{})
	sealed, name, warning, err := s.Seal(t.Context(), key, []byte(text), label)
	if err != nil || name != id || !strings.Contains(warning, id) {
		t.Fatalf("name %q, warning %q, %v; want %q", name, warning, err, id)
	}
	raw, err := localKey(key)
	if err != nil {
		t.Fatal(err)
	}
	stored := append(append([]byte(name), warning...), sealed...)
	for what, secret := range map[string][]byte{"clear text": []byte("secret document"), "key": raw[:], "written key": []byte(key[len(literal):])} {
		if bytes.Contains(stored, secret) {
			t.Errorf("the %s is in what is stored", what)
		}
	}
	// Without the key in the settings nothing is read, not even by the process that was given it.
	_, err = s.Open(t.Context(), name, sealed, label)
	var refused *KeyError
	if want := fmt.Sprintf("key %q is not in kms.keys", id); !errors.As(err, &refused) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	with := newSealer(t, Options{Keys: map[string]string{id: key}})
	got, err := with.Open(t.Context(), name, sealed, label)
	if err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
	for _, named := range []string{key, id} {
		if _, name, warning, err := with.Seal(t.Context(), named, []byte(text), label); err != nil || name != id || warning != "" {
			t.Errorf("with the key in the settings: %q, %q, %v", name, warning, err)
		}
	}
}

func TestEveryDocumentHasItsOwnDataKey(t *testing.T) {
	key := newKey()
	s := newSealer(t, Options{Keys: map[string]string{fingerprint(t, key): key}})
	first, _, _, err1 := s.Seal(t.Context(), key, []byte(text), label)
	second, _, _, err2 := s.Seal(t.Context(), key, []byte(text), label)
	if err1 != nil || err2 != nil || bytes.Equal(first, second) {
		t.Errorf("two sealed documents are the same, or %v, %v", err1, err2)
	}
	for _, document := range []string{"", strings.Repeat("x", 1<<20)} {
		sealed, name, _, err := s.Seal(t.Context(), key, []byte(document), label)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(t.Context(), name, sealed, label); err != nil || string(got) != document {
			t.Errorf("a document of %d bytes: got %d, %v", len(document), len(got), err)
		}
	}
}

func TestWhatWasChangedIsRefused(t *testing.T) {
	key := newKey()
	s := newSealer(t, Options{Keys: map[string]string{fingerprint(t, key): key}})
	sealed, name, _, err := s.Seal(t.Context(), key, []byte(text), label)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if got, err := s.Open(t.Context(), name, changed, label); err == nil {
			t.Errorf("byte %d changed: got %q", i, got)
		}
		if got, err := s.Open(t.Context(), name, sealed[:i], label); err == nil {
			t.Errorf("cut off after %d bytes: got %q", i, got)
		}
	}
	want := fmt.Sprintf("key %q cannot decrypt: the stored document was changed, or belongs to another component or recipe", name)
	if _, err := s.Open(t.Context(), name, sealed, []byte("component/nginx/1.0.0/2")); err == nil || err.Error() != want {
		t.Errorf("under another label: %v, want %s", err, want)
	}
}

func TestWrongKey(t *testing.T) {
	key, other := newKey(), newKey()
	id := fingerprint(t, key)
	sealed, name, _, err := newSealer(t, Options{Keys: map[string]string{arn: key}}).Seal(t.Context(), arn, []byte(text), label)
	if err != nil || name != arn {
		t.Fatal(name, err)
	}
	_, err = newSealer(t, Options{Keys: map[string]string{arn: other}}).Open(t.Context(), arn, sealed, label)
	var refused *KeyError
	if !errors.As(err, &refused) || refused.Key != arn || refused.Op != "cannot decrypt" || refused.Hint() != wrongKey {
		t.Errorf("another key under the same name: %v", err)
	}
	_, err = newSealer(t, Options{Keys: map[string]string{id: other}}).Open(t.Context(), id, sealed, label)
	if want := fmt.Sprintf("key %q in kms.keys is another key", id); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReseal(t *testing.T) {
	first, second := newKey(), newKey()
	s := newSealer(t, Options{Keys: map[string]string{fingerprint(t, first): first, fingerprint(t, second): second}})
	sealed, name, _, err := s.Seal(t.Context(), first, []byte(text), label)
	if err != nil {
		t.Fatal(err)
	}
	resealed, newName, warning, err := s.Reseal(t.Context(), name, second, sealed, label)
	if err != nil || newName != fingerprint(t, second) || warning != "" {
		t.Fatalf("%q, %q, %v", newName, warning, err)
	}
	alone := newSealer(t, Options{Keys: map[string]string{newName: second}})
	if got, err := alone.Open(t.Context(), newName, resealed, label); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := alone.Open(t.Context(), name, sealed, label); err == nil {
		t.Error("the old key is still found")
	}
}

func TestKMS02UnmappedARN(t *testing.T) {
	_, _, _, err := newSealer(t, Options{}).Seal(t.Context(), arn, []byte(text), label)
	var refused *KeyError
	want := fmt.Sprintf("key %q is not in kms.keys, and there are no AWS credentials", arn)
	if !errors.As(err, &refused) || err.Error() != want || refused.Hint() != "map it to another key in kms.keys, or set kms.onUnmappedKey to ignore to store in clear text" {
		t.Errorf("got %v, want %s", err, want)
	}
	sealed, name, warning, err := newSealer(t, Options{IgnoreUnmapped: true}).Seal(t.Context(), arn, []byte(text), label)
	want = "stored in clear text: key " + arn + " is not in kms.keys, and there are no AWS credentials"
	if err != nil || sealed != nil || name != arn || warning != want {
		t.Errorf("got %q, %q, %q, %v, want %s", sealed, name, warning, err, want)
	}
	alias := "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/builds"
	key := newKey()
	s := newSealer(t, Options{Keys: map[string]string{alias: key}})
	sealed, name, warning, err = s.Seal(t.Context(), alias, []byte(text), label)
	if err != nil || sealed == nil || name != alias || warning != "" {
		t.Errorf("a mapped ARN: %q, %q, %v", name, warning, err)
	}
	if got, err := s.Open(t.Context(), name, sealed, label); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestKMS04ErrorsHoldNoKey: keys that are written wrongly are still keys.
func TestKMS04ErrorsHoldNoKey(t *testing.T) {
	key := newKey()
	value := key[len(literal):]
	id := "base64key:sha256:0123456789abcdef"
	for _, test := range []struct {
		key  string
		keys map[string]string
		want string
	}{
		{literal + value[:20], nil, `key "base64key://..." is not a key`},
		{literal + value[:43] + "!", nil, `key "base64key://..." is not a key`},
		{literal, nil, `key "base64key://..." is not a key`},
		{literal + value + "?x=y", nil, `key "base64key://..." is not a key`},
		{id, nil, `key "` + id + `" is not in kms.keys`},
		{id, map[string]string{id: key}, `key "` + id + `" in kms.keys is another key`},
		{id, map[string]string{id: literal + value[:20]}, `key "` + id + `" in kms.keys is not usable: key "base64key://..." is not a key`},
		{arn, map[string]string{arn: literal + value[:20]}, `key "` + arn + `" in kms.keys is not usable: key "base64key://..." is not a key`},
		{arn, map[string]string{arn: "base46key://" + value}, `key "` + arn + `" in kms.keys is not usable: key "base46key://..." has an unknown scheme`},
		{"base46key://" + value, nil, `key "base46key://..." has an unknown scheme`},
		{"hashivault://user:" + value + "@host/key", nil, `key "hashivault://..." is not a URI of a key`},
		{"gcpkms://%zz" + value, nil, `key "gcpkms://..." is not a URI of a key`},
		{"builds", nil, `key "builds" is not a key`},
		{"arn:aws:s3:::bucket", nil, `key "arn:aws:s3:::bucket" is not a key`},
	} {
		_, name, warning, err := newSealer(t, Options{Keys: test.keys}).Seal(t.Context(), test.key, []byte(text), label)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v\nwant %s", test.key, err, test.want)
		}
		if refused, ok := errors.AsType[*KeyError](err); ok {
			if said := err.Error() + refused.Hint() + name + warning; strings.Contains(said, value[:20]) {
				t.Errorf("%s: the key is in %q", test.key, said)
			}
		}
	}
}

func TestLocalKeysInBothAlphabets(t *testing.T) {
	raw := bytes.Repeat([]byte{0xFB, 0xEF, 0xFE}, 11)[:keySize]
	want := fingerprint(t, literal+base64.URLEncoding.EncodeToString(raw))
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		if got := fingerprint(t, literal+encoding.EncodeToString(raw)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// vault is the transit engine of Vault with the "encryption" that a test needs: base64 with a prefix.
func vault(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-Vault-Token") != "the-token" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"errors":["permission denied"]}`)
			return
		}
		var in struct{ Plaintext, Ciphertext string }
		_ = json.NewDecoder(req.Body).Decode(&in)
		data := map[string]string{}
		switch req.URL.Path {
		case "/v1/transit/encrypt/builds", "/v1/other/encrypt/builds":
			data["ciphertext"] = "vault:v1:" + in.Plaintext
		case "/v1/transit/decrypt/builds", "/v1/other/decrypt/builds":
			data["plaintext"] = strings.TrimPrefix(in.Ciphertext, "vault:v1:")
		case "/v1/transit/decrypt/strange", "/v1/transit/encrypt/strange":
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errors":["encryption key not found"]}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(server.Close)
	t.Setenv("VAULT_ADDR", server.URL)
	t.Setenv("VAULT_TOKEN", "the-token")
	t.Setenv("VAULT_MAX_RETRIES", "0")
	return server
}

func TestVault(t *testing.T) {
	server := vault(t)
	for _, uri := range []string{"hashivault://builds?engine=other", "hashivault://builds"} {
		s := newSealer(t, Options{})
		sealed, name, warning, err := s.Seal(t.Context(), uri, []byte(text), label)
		if err != nil || name != uri || warning != "" {
			t.Fatalf("%q, %q, %v", name, warning, err)
		}
		if got, err := s.Open(t.Context(), name, sealed, label); err != nil || string(got) != text {
			t.Errorf("got %q, %v", got, err)
		}
	}
	for _, test := range []struct{ uri, want string }{
		{"hashivault://none", "encryption key not found"},
		{"hashivault://strange", "the key service gave an unexpected answer"},
		{"hashivault://builds?x=y", `invalid query parameter "x"`},
	} {
		_, _, _, err := newSealer(t, Options{}).Seal(t.Context(), test.uri, []byte(text), label)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), fmt.Sprintf("key %q ", test.uri)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", test.uri, err, test.want)
		}
	}
	t.Setenv("VAULT_TOKEN", "wrong-token")
	_, _, _, err := newSealer(t, Options{}).Seal(t.Context(), "hashivault://builds", []byte(text), label)
	if err == nil || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), "wrong-token") {
		t.Errorf("with a wrong token: %v", err)
	}
	server.Close()
	t.Setenv("VAULT_ADDR", "")
	if _, _, _, err := newSealer(t, Options{}).Seal(t.Context(), "hashivault://builds", nil, label); err == nil || !strings.Contains(err.Error(), "VAULT_ADDR is not set") {
		t.Errorf("without an address: %v", err)
	}
}

func TestAWS(t *testing.T) {
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var in struct{ KeyId, Plaintext, CiphertextBlob string }
		body, _ := io.ReadAll(req.Body)
		_ = json.Unmarshal(body, &in)
		keys = append(keys, req.Header.Get("X-Amz-Target")+" "+in.KeyId)
		if !strings.Contains(req.Header.Get("Authorization"), "/eu-west-1/kms/") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(map[string]string{"KeyId": in.KeyId, "CiphertextBlob": in.Plaintext, "Plaintext": in.CiphertextBlob})
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	s := New(Options{})
	sealed, name, _, err := s.Seal(t.Context(), arn, []byte(text), label)
	if err != nil || name != arn {
		t.Fatal(name, err)
	}
	if got, err := s.Open(t.Context(), name, sealed, label); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{"TrentService.Encrypt " + arn, "TrentService.Decrypt "}, keys); diff != "" {
		t.Errorf("requests; what is decrypted knows its key (-want +got):\n%s", diff)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if hasAWSCredentials(t.Context()) {
		t.Error("there are AWS credentials without any")
	}
}

func TestCancelledContextEndsTheWait(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	t.Setenv("VAULT_ADDR", server.URL)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _, err := newSealer(t, Options{}).Seal(ctx, "hashivault://builds", []byte(text), label)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDriverThatWasLeftOut(t *testing.T) {
	drivers := Drivers()
	delete(drivers, "awskms")
	s := newSealer(t, Options{Drivers: drivers, AWS: inAWS(true)})
	if _, _, _, err := s.Seal(t.Context(), "awskms:///"+arn, []byte(text), label); err == nil || err.Error() != `key "awskms://..." has an unknown scheme` {
		t.Error(err)
	}
	sealed, err := envelope{nonce: make([]byte, nonceSize)}.encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), arn, sealed, label); err == nil || !strings.Contains(err.Error(), "this slipway does not know") {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	key := literal + base64.URLEncoding.EncodeToString(make([]byte, keySize))
	s := New(Options{Keys: map[string]string{arn: key}})
	sealed, _, _, err := s.Seal(f.Context(), arn, []byte(text), label)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(magic))
	f.Add([]byte(magic + "\x00\x00012345678901"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := s.Open(t.Context(), arn, data, label); err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("%q opens to %q", data, got)
		}
	})
}
