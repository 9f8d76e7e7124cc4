package transfer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// S3Access says how S3 is reached (component-document reference, 6.12): region, endpoint and credentials come from the
// environment of the process and from the files that the AWS tools share. The zero value is ready.
type S3Access struct {
	// CAFile names a PEM bundle of certificate authorities that are trusted besides those of the system.
	CAFile string
	// SecretsFolder holds credentials as files, named like the variables; "" is /run/secrets.
	SecretsFolder string
	// MaxBackoff is the longest wait between two tries; 0 leaves it to the AWS SDK.
	MaxBackoff time.Duration
}

// s3Region is used when nothing names a region.
const s3Region = "us-east-1"

// Client returns a client with the credentials that are found now. When there are none its requests are unsigned.
func (a S3Access) Client(ctx context.Context) (*s3.Client, error) {
	roots, err := Roots(a.CAFile)
	if err != nil {
		return nil, err
	}
	machine := newMachineRole()
	options := []func(*config.LoadOptions) error{
		config.WithDefaultRegion(s3Region),
		config.WithLogger(logging.Nop{}),
		config.WithRetryer(a.retryer),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.Retryer = a.retryer() }),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = machine }),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
		})),
	}
	static, err := a.staticCredentials()
	if err != nil {
		return nil, err
	}
	if static != nil {
		options = append(options, config.WithCredentialsProvider(*static))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS settings: %w", err)
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !machine.asked.Load() { // there was another source, and it does not work
			return nil, fmt.Errorf("AWS credentials: %w", err)
		}
		settings.Credentials = aws.AnonymousCredentials{}
	}
	return s3.NewFromConfig(settings, forOtherStores), nil
}

// forOtherStores adapts a client whose endpoint is set, which need not be Amazon's: the bucket is part of the path, and
// checksums that few other stores know are left out.
func forOtherStores(o *s3.Options) {
	o.DisableLogOutputChecksumValidationSkipped = true
	if o.BaseEndpoint == nil {
		return
	}
	o.UsePathStyle = true
	if os.Getenv("AWS_REQUEST_CHECKSUM_CALCULATION") == "" {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	}
}

// retryer tries again three times after network errors, 429 and 5xx.
func (a S3Access) retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		if a.MaxBackoff > 0 {
			o.MaxBackoff = a.MaxBackoff
		}
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{
			Codes: map[int]struct{}{http.StatusTooManyRequests: {}},
		})
	})
}

// staticCredentials returns the keys in the environment, else those in the folder of secrets, else nil.
func (a S3Access) staticCredentials() (*credentials.StaticCredentialsProvider, error) {
	variable := func(name string) (string, error) { return os.Getenv(name), nil }
	secret := func(name string) (string, error) {
		folder := a.SecretsFolder
		if folder == "" {
			folder = "/run/secrets"
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		text, _ := strings.CutSuffix(string(data), "\n")
		return strings.TrimSuffix(text, "\r"), err
	}
	for _, read := range []func(string) (string, error){variable, secret} {
		var keys [3]string
		for i, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
			var err error
			if keys[i], err = read(name); err != nil {
				return nil, fmt.Errorf("AWS credentials: %w", err)
			}
		}
		if keys[0] != "" && keys[1] != "" {
			static := credentials.NewStaticCredentialsProvider(keys[0], keys[1], keys[2])
			return &static, nil
		}
	}
	return nil, nil
}

// machineRole asks the metadata service of a machine in EC2, the last source of credentials. On every other machine
// nobody answers, so it gives up soon, and it remembers that it was asked: no other source had any.
type machineRole struct {
	client *imds.Client
	asked  atomic.Bool
}

const metadataTimeout = time.Second

func newMachineRole() *machineRole {
	options := imds.Options{
		Endpoint: os.Getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
		Retryer:  aws.NopRetryer{},
	}
	if strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		options.ClientEnableState = imds.ClientDisabled
	}
	return &machineRole{client: imds.New(options)}
}

// GetMetadata implements ec2rolecreds.GetMetadataAPIClient.
func (m *machineRole) GetMetadata(ctx context.Context, in *imds.GetMetadataInput, options ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	m.asked.Store(true)
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	out, err := m.client.GetMetadata(ctx, in, options...)
	if err != nil {
		cancel()
		return nil, err
	}
	out.Content = cancelOnClose{out.Content, cancel}
	return out, nil
}
