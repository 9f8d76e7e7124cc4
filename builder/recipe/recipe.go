// Package recipe reads recipe files: what the user wrote, typed, with the places it was written at. Entry points are
// Load for files and ParseTemplate for Dockerfile templates. It looks nothing up: no reference in a Recipe is
// resolved, and no network is used.
package recipe

import (
	"github.com/slipway-oci/slipway/runner/document"
)

// FileName is the name of the recipe file that a folder stands for.
const FileName = "recipe.yaml"

// DefaultVersion is the version of a recipe file that names none.
const DefaultVersion = "1.0.0"

// Recipe is one recipe file. It is not changed after Load.
type Recipe struct {
	File string // path of the recipe file, as given to Load (with FileName added to a folder)
	// Dir is the folder of the file: relative paths start here, and it is the context of COPY and ADD. It is empty for a
	// recipe that is kept in the store, which has no folder.
	Dir string

	Name                   Text
	Version                Text // semanticVersion, may hold wildcards; DefaultVersion without a place when absent
	Description            string
	ParentImage            Text
	PlatformOverride       Text // Value "" when absent
	ImageOSVersionOverride string
	WorkingDirectory       Text // Value "" when absent
	Components             []Component
	Template               TemplateSource
	TargetRepository       *Repository
	Tags                   map[string]string
	KMSKeyID               string // encrypts the recipe in the component store
	InstanceConfiguration  *InstanceConfiguration
	Budgets                Budgets
	// Platforms are those to build for, as os/arch[/variant]; empty leaves it to the parent and the machine. An extension.
	Platforms []Text
	Tests     Tests
	Reports   []Report

	// Warnings say what in the file has no effect, each with its position in front.
	Warnings []string
}

// Text is a string of the file with its place, for errors that are found later.
type Text struct {
	Value string
	Pos   document.Pos
}

// Component is one entry of the list of components.
type Component struct {
	Reference  Text // of component or componentArn, as written
	Parameters []Parameter
	// Document is the component itself when the file holds it beside the recipe, nil when Reference has to be looked
	// up. Reference is then FILE#NAME, one for each document of the file.
	Document *Document
	// NoCache says that the component runs in every build, even if nothing changed.
	NoCache bool
	// Budget is what this entry may use, besides what Budgets say of every component.
	Budget *Budget
}

// Budgets are limits that a build fails on. They are an extension: Image Builder has none.
type Budgets struct {
	Image     *Budget // of everything that the build adds; nil when there is none
	Component *Budget // of each component
}

// Budget is what something may use; 0 stands for no limit.
type Budget struct {
	Size    int64   `json:"size,omitempty"` // bytes of what it adds, not compressed
	Files   int     `json:"files,omitempty"`
	Seconds float64 `json:"seconds,omitempty"` // of its execution; what comes from the cache takes none
}

// Document is a component document inside the file of the recipe.
type Document struct {
	Name     Text
	Version  Text
	Platform string // "Linux", "Windows" or "" when the file does not say
	// SupportedOSVersions are prefixes of OS names; empty means any.
	SupportedOSVersions []string
	Data                Text
	// Line is the line of the file that holds the first line of Data, 0 when the lines of Data are not lines of the
	// file (a quoted text). Indent is by how much they are indented there.
	Line, Indent int
}

// Parameter sets one parameter of a component. The list form of a value is read as its only element.
type Parameter struct {
	Name  Text
	Value Text
}

// Repository is where the image is published.
type Repository struct {
	Service string // "ECR" or "OCI"; both mean a registry
	Name    Text   // repositoryName as written, with or without a host
}

// TemplateSource says where the Dockerfile template is. Data and URI are never both set; with neither the default
// template is meant.
type TemplateSource struct {
	Data Text // dockerfileTemplateData
	URI  Text // dockerfileTemplateUri
	// Line is the line of the recipe file that holds the first line of Data, 0 when the lines of Data are not lines
	// of the file (a quoted text).
	Line int
}

// InstanceConfiguration describes build machines of EC2 Image Builder. It is checked and kept so that such recipes
// can be used as they are, and has no effect.
type InstanceConfiguration struct {
	Image               string
	BlockDeviceMappings []BlockDeviceMapping
}

// BlockDeviceMapping is one disk of an InstanceConfiguration.
type BlockDeviceMapping struct {
	DeviceName, VirtualName string
	NoDevice                *string
	EBS                     *EBS
}

// EBS describes a volume of a BlockDeviceMapping. Absent members are zero or nil.
type EBS struct {
	Encrypted, DeleteOnTermination   *bool
	IOPS, VolumeSize, Throughput     int
	KMSKeyID, SnapshotID, VolumeType string
}
