package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/slipway-oci/slipway/runner/action/transfer"
	"github.com/slipway-oci/slipway/runner/execute"
)

// ValueMap holds values of dynamic references by their names, in place of a service.
type ValueMap map[string]MappedValue

// MappedValue is one value. A secure one is masked like a secret.
type MappedValue struct {
	Value  string `json:"value"`
	Secure bool   `json:"secure"`
}

// UnmarshalJSON accepts a text, or an object for a secure value.
func (v *MappedValue) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &v.Value)
	}
	type object MappedValue
	return json.Unmarshal(data, (*object)(v))
}

// ReadValueMap reads such values from a JSON file: name to text, or to {"value": ..., "secure": true}.
func ReadValueMap(path string) (ValueMap, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("value map: %w", err)
	}
	var m ValueMap
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("value map %q: %w", path, err)
	}
	return m, nil
}

// parameterStore looks a name up in the map, then in Systems Manager Parameter Store.
func parameterStore(m ValueMap, access transfer.S3Access, getenv func(string) string) execute.Lookup {
	return func(ctx context.Context, name string) (string, bool, error) {
		if v, ok := m[name]; ok {
			return v.Value, v.Secure, nil
		}
		value, secure, err := getParameter(ctx, name, access, getenv)
		if err != nil {
			return "", false, fmt.Errorf("parameter %q is not in the file of --ssm-map, and Parameter Store: %w", name, err)
		}
		return value, secure, nil
	}
}

// parameterTimeout bounds one question to Parameter Store.
const parameterTimeout = 30 * time.Second

// maxAnswer bounds an answer; a parameter has at most 8 KiB.
const maxAnswer = 1 << 20

// getParameter asks Parameter Store, with the credentials and the region that S3 access uses too. It speaks the one
// call itself, since the client library for the service is larger than the rest of the runner.
func getParameter(ctx context.Context, name string, access transfer.S3Access, getenv func(string) string) (value string, secure bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, parameterTimeout)
	defer cancel()
	client, err := access.Client(ctx)
	if err != nil {
		return "", false, err
	}
	o := client.Options()
	if o.Credentials == nil || aws.IsCredentialsProvider(o.Credentials, (*aws.AnonymousCredentials)(nil)) {
		return "", false, errors.New("there are no AWS credentials")
	}
	req, err := parameterRequest(ctx, name, parameterEndpoint(o.Region, getenv))
	if err != nil {
		return "", false, err
	}
	credentials, err := o.Credentials.Retrieve(ctx)
	if err != nil {
		return "", false, err
	}
	body, err := req.GetBody()
	if err != nil {
		return "", false, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, body); err != nil {
		return "", false, err
	}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum.Sum(nil)), "ssm", o.Region, time.Now()); err != nil {
		return "", false, err
	}
	resp, err := o.HTTPClient.Do(req)
	if err != nil {
		return "", false, err
	}
	defer resp.Body.Close()
	return parameterAnswer(resp)
}

func parameterEndpoint(region string, getenv func(string) string) string {
	for _, name := range []string{"AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"} {
		if address := getenv(name); address != "" {
			return address
		}
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	return "https://ssm." + region + "." + suffix
}

func parameterRequest(ctx context.Context, name, endpoint string) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"Name": name, "WithDecryption": true})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonSSM.GetParameter")
	return req, nil
}

func parameterAnswer(resp *http.Response) (value string, secure bool, err error) {
	var answer struct {
		Parameter struct{ Value, Type string }
		Kind      string `json:"__type"`
		Message   string `json:"message"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&answer)
	switch {
	case resp.StatusCode != http.StatusOK && answer.Kind != "":
		kind := answer.Kind[strings.LastIndexByte(answer.Kind, '#')+1:]
		return "", false, fmt.Errorf("%s %s", kind, answer.Message)
	case resp.StatusCode != http.StatusOK:
		return "", false, fmt.Errorf("status %s", resp.Status)
	case err != nil:
		return "", false, err
	}
	return answer.Parameter.Value, answer.Parameter.Type == "SecureString", nil
}

// metadataTimeout is how long the metadata service of a machine may take.
const metadataTimeout = time.Second

// instanceMetadata looks a path up in the map, then, unless only the map counts, in the metadata service.
func instanceMetadata(m ValueMap, onlyMap bool, getenv func(string) string) execute.Lookup {
	return func(ctx context.Context, path string) (string, bool, error) {
		if v, ok := m[path]; ok {
			return v.Value, v.Secure, nil
		}
		if onlyMap {
			return "", false, fmt.Errorf("%q is not in the file of --imds-map, and a container has no other source", path)
		}
		ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
		defer cancel()
		client := imds.New(imds.Options{
			Endpoint: getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"), EnableFallback: aws.FalseTernary, Retryer: aws.NopRetryer{},
		})
		out, err := client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
		if err != nil {
			return "", false, fmt.Errorf("%q is not in the file of --imds-map, and the metadata service: %w", path, err)
		}
		defer out.Content.Close()
		text, err := io.ReadAll(io.LimitReader(out.Content, maxAnswer))
		return string(text), false, err
	}
}
