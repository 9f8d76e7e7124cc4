package engine

import (
	"bytes"
	"context"
	"io"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// readsOf notes the sizes of the pieces that are asked for.
type readsOf struct {
	folderOf
	lengths []int
}

func (r *readsOf) readFile(ctx context.Context, file string, at gateway.FileRange) ([]byte, error) {
	r.lengths = append(r.lengths, at.Length)
	return r.folderOf.readFile(ctx, file, at)
}

func TestRemoteFileIsReadInPieces(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 5*readChunk/32) // two pieces and a half
	from := &readsOf{folderOf: folderOf{"/f": content}}
	got, err := io.ReadAll(&remoteFile{ctx: t.Context(), from: from, file: "/f", left: int64(len(content))})
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, want %d (%v)", len(got), len(content), err)
	}
	if len(from.lengths) != 3 {
		t.Errorf("read in %d pieces, want 3", len(from.lengths))
	}
	for _, n := range from.lengths {
		if n > readChunk {
			t.Errorf("a piece of %d bytes was asked for, want at most %d", n, readChunk)
		}
	}
}

func TestRemoteFileThatChangesItsSize(t *testing.T) {
	for want, size := range map[string]int64{"lon": 3, "longer": 100} {
		got, err := io.ReadAll(&remoteFile{ctx: t.Context(), from: folderOf{"/f": []byte("longer")}, file: "/f", left: size})
		if err != nil || string(got) != want {
			t.Errorf("the file of %d bytes is read as %q, %v; want %q", size, got, err, want)
		}
	}
}
