// Package settings is Slipway's own configuration: one YAML file of the user or machine, in which everything has a
// default. Load reads it; All lists every setting there is, and what the file says, what `slipway settings show` prints
// and what the documentation tells are walks over that one list.
//
// It knows the form of values and nothing of what they do: that is said where they are used.
package settings

// Settings are all of them. Load fills in the defaults.
type Settings struct {
	File string // where they were read from, "" when there is no file

	AWS           AWS
	Registries    map[string]string // locations of repositories without a host, by region and under "default"
	ManagedImages map[string]string // references of parent images by the name of a managed image
	URI           URI
	KMS           KMS
	Store         Store
	Components    Components
	Limits        Limits
	API           API
	Builder       Builder
}

// AWS is what ARNs are made of.
type AWS struct{ Partition, Region, Account string }

// URI bounds what content addresses may reach.
type URI struct {
	FileRoots []string // folders below which a server reads file:// addresses; the command line reads any file
	AllowHTTP bool     // plain http also to other machines
}

// KMS are the keys that documents are encrypted with at rest.
type KMS struct {
	Keys           map[string]string // the ARN or id of a key to the URI that opens it, which may be a secret
	IgnoreUnmapped bool              // store in clear text what a KMS key that cannot be reached should encrypt
}

// Store is the component store.
type Store struct {
	DefaultKey string // encrypts the components that name no key; "" is none
}

// Components are the rules of the component store.
type Components struct {
	RequireUniqueVersions bool
	NoticeDays            int
	DisableAtSupportEnd   bool
}

// Limits are how much of something is allowed.
type Limits struct{ ComponentsPerRecipe int }

// API is how requests of the EC2 Image Builder API are taken.
type API struct{ StrictLimits bool }

// Builder is where containers run.
type Builder struct {
	DockerImage string // of the BuildKit in the local Docker Engine; "" is the one of slipway's version
}

// Default are the settings without a file.
func Default() Settings {
	return Settings{
		AWS:        AWS{Partition: "aws", Region: "us-east-1", Account: "000000000000"},
		Components: Components{NoticeDays: 28},
		Limits:     Limits{ComponentsPerRecipe: 20},
	}
}
