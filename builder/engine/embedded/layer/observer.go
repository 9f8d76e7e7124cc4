package layer

import (
	"archive/tar"
	"encoding/json"
)

// Observer is told what goes into a layer while it is written, so that nobody has to read the layer again for it.
type Observer interface {
	// Header is called with the header of each file.
	Header(h *tar.Header)
	// Report is what the observer has to say when the layer is complete.
	Report() (json.RawMessage, error)
}

// The exporters of the embedded builder know these besides BuildKit's attributes.
const (
	// StoreAttribute of an export names the folder of the image store that it goes to, on the builder's machine:
	// layers are linked into it instead of being sent. A builder that cannot link sends them.
	StoreAttribute = "slipway-store"
	// ReportsKey of the response to an export holds what observers said of its layers: a JSON object by digest.
	ReportsKey = "slipway-reports"
)
