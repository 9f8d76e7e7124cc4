package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// challenge is what a registry wants to see before it answers.
type challenge struct {
	scheme     string // "basic" or "bearer"
	parameters map[string]string
}

// token is the authorization for one set of scopes. The lock is held while it is fetched, so that parallel requests
// fetch it once.
type token struct {
	mu    sync.Mutex
	value string
}

// learn keeps the challenge of a 401 answer, and reports whether there is one that we can meet.
func (h *host) learn(header http.Header) bool {
	for _, c := range parseChallenges(header.Values("WWW-Authenticate")) {
		if c.scheme == "basic" || c.scheme == "bearer" && c.parameters["realm"] != "" {
			h.mu.Lock()
			h.challenge = &c
			h.mu.Unlock()
			return true
		}
	}
	return false
}

// authorize returns the Authorization header for a request, or an empty one when none is needed or there are no
// credentials. A header that was refused is replaced.
func (c *Client) authorize(ctx context.Context, h *host, r *request, refused string) (string, error) {
	h.mu.Lock()
	wanted := h.challenge
	key := strings.Join(r.scopes, " ")
	t, ok := h.tokens[key]
	if !ok {
		t = &token{}
		h.tokens[key] = t
	}
	h.mu.Unlock()
	if wanted == nil {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && t.value != refused {
		return t.value, nil
	}
	value, err := c.login(ctx, h, r, wanted)
	if err != nil {
		return "", err
	}
	if value == refused { // the same again would be refused again
		return "", nil
	}
	t.value = value
	return value, nil
}

// login turns the credentials of the keychain into what the challenge wants.
func (c *Client) login(ctx context.Context, h *host, r *request, wanted *challenge) (string, error) {
	resource, err := name.NewRepository(r.repo.Host+"/"+r.repo.Repository, name.WeakValidation)
	if r.repo.Repository == "" {
		var reg name.Registry
		reg, err = name.NewRegistry(r.repo.Host, name.WeakValidation)
		resource = reg.Repo("")
	}
	if err != nil {
		return "", r.failed(err)
	}
	authenticator, err := authn.Resolve(ctx, c.opts.Keychain, resource)
	if err != nil {
		return "", &Error{Op: "reading the credentials", Registry: r.repo.Host, Repository: r.repo.Repository, Err: err}
	}
	config, err := authn.Authorization(ctx, authenticator)
	if err != nil {
		return "", &Error{Op: "reading the credentials", Registry: r.repo.Host, Repository: r.repo.Repository, Err: err}
	}
	switch {
	case config.RegistryToken != "":
		return "Bearer " + config.RegistryToken, nil
	case wanted.scheme == "basic" && config.Auth != "":
		return "Basic " + config.Auth, nil
	case wanted.scheme == "basic" && config.Username != "":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(config.Username+":"+config.Password)), nil
	case wanted.scheme == "basic":
		return "", nil
	}
	return c.exchange(ctx, h, r, wanted, resource.Registry, authenticator)
}

// exchange gets a bearer token from the token server that the challenge names.
func (c *Client) exchange(ctx context.Context, h *host, r *request, wanted *challenge, reg name.Registry, auth authn.Authenticator) (string, error) {
	scopes := slices.Clone(r.scopes)
	if s := wanted.parameters["scope"]; s != "" && len(scopes) == 0 {
		scopes = append(scopes, s)
	}
	h.mu.Lock()
	plain := h.scheme == "http"
	h.mu.Unlock()
	w := newWatch(ctx, c.opts.Stall)
	defer w.stop()
	got, err := ggcr.Exchange(w.ctx, reg, auth, &transport{host: h, userAgent: c.opts.UserAgent, keepAuthorization: true}, scopes,
		&ggcr.Challenge{Scheme: "bearer", Parameters: wanted.parameters, Insecure: plain})
	if answer, ok := errors.AsType[*ggcr.Error](err); ok {
		e := &Error{Op: "getting a token", Registry: r.repo.Host, Repository: r.repo.Repository, Status: answer.StatusCode}
		if len(answer.Errors) > 0 {
			e.Code, e.Message = string(answer.Errors[0].Code), clip(answer.Errors[0].Message)
		}
		return "", e
	}
	if err != nil {
		return "", &Error{Op: "getting a token", Registry: r.repo.Host, Repository: r.repo.Repository, Err: withoutURL(w.explain(err))}
	}
	if got.Token == "" {
		got.Token = got.AccessToken
	}
	return "Bearer " + got.Token, nil
}

// parseChallenges reads WWW-Authenticate headers: SCHEME key=value, key="value", ...
func parseChallenges(headers []string) []challenge {
	var all []challenge
	for _, text := range headers {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		c := challenge{scheme: strings.ToLower(scheme), parameters: map[string]string{}}
		for rest = strings.TrimSpace(rest); rest != ""; {
			key, after, found := strings.Cut(rest, "=")
			if !found {
				break
			}
			var value string
			value, rest = parseValue(after)
			c.parameters[strings.ToLower(strings.Trim(key, " ,\t"))] = value
		}
		all = append(all, c)
	}
	return all
}

// parseValue reads a value, quoted or not, and returns what follows its comma.
func parseValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), strings.TrimSpace(rest)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), strings.TrimLeft(s[i+1:], ", \t")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
