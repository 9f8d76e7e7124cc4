//go:build linux

package main

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A tree is the file system of an image: what every path leads to. Names of one hard-linked file share their node.
type tree map[string]*node

// A node is a file of whatever kind.
type node struct {
	kind     byte // as in tar, without hard links
	mode     int64
	uid, gid int
	size     int64
	content  [sha256.Size]byte
	target   string // of a symbolic link
	device   [2]int64
	modified time.Time
	xattrs   map[string]string
}

// A record is one entry of a layer's archive: a node, another name of one, or a whiteout.
type record struct {
	name string
	node *node
	link string // the path of which name is another name
}

// layers remembers the records of layers by the digest of their uncompressed archive: all images share the parent's.
type layers map[v1.Hash][]record

// tree puts the layers of an image on top of each other, as the image specification says.
func (l layers) tree(image v1.Image) (tree, error) {
	list, err := image.Layers()
	if err != nil {
		return nil, err
	}
	t := tree{}
	for _, layer := range list {
		id, err := layer.DiffID()
		if err != nil {
			return nil, err
		}
		records, known := l[id]
		if !known {
			if records, err = readLayer(layer); err != nil {
				return nil, fmt.Errorf("layer %s: %w", id, err)
			}
			l[id] = records
		}
		if err := t.apply(records); err != nil {
			return nil, fmt.Errorf("layer %s: %w", id, err)
		}
	}
	return t, nil
}

func readLayer(layer v1.Layer) (_ []record, err error) {
	contents, err := layer.Uncompressed()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, contents.Close()) }()
	var records []record
	archive := tar.NewReader(contents)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		r := record{name: path.Clean("/" + header.Name)}
		if header.Typeflag == tar.TypeLink {
			r.link = path.Clean("/" + header.Linkname)
		} else if r.node, err = newNode(header, archive); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		records = append(records, r)
	}
}

func newNode(h *tar.Header, content io.Reader) (*node, error) {
	n := &node{
		kind: h.Typeflag, mode: h.Mode & 0o7777, uid: h.Uid, gid: h.Gid, size: h.Size, target: h.Linkname,
		device: [2]int64{h.Devmajor, h.Devminor}, modified: h.ModTime, xattrs: map[string]string{},
	}
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, "SCHILY.xattr."); ok {
			n.xattrs[name] = value
		}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return nil, err
	}
	copy(n.content[:], sum.Sum(nil))
	return n, nil
}

// The names with which a layer takes something away (image-spec, layer.md).
const (
	whiteoutPrefix = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
)

func (t tree) apply(records []record) error {
	for _, r := range records { // what is taken away is of lower layers, wherever it stands in the archive
		dir, base := path.Split(r.name)
		if base == opaqueWhiteout {
			t.removeBelow(path.Clean(dir))
		} else if name, ok := strings.CutPrefix(base, whiteoutPrefix); ok {
			delete(t, dir+name)
			t.removeBelow(dir + name)
		}
	}
	for _, r := range records {
		switch {
		case strings.HasPrefix(path.Base(r.name), whiteoutPrefix):
		case r.link != "":
			if t[r.link] == nil {
				return fmt.Errorf("%s is a link to %s, which is not there", r.name, r.link)
			}
			t[r.name] = t[r.link]
		default:
			if old := t[r.name]; old != nil && old.kind == tar.TypeDir && r.node.kind != tar.TypeDir {
				t.removeBelow(r.name)
			}
			t[r.name] = r.node
		}
	}
	return nil
}

func (t tree) removeBelow(dir string) {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	maps.DeleteFunc(t, func(name string, _ *node) bool { return strings.HasPrefix(name, prefix) && name != "/" })
}

// names are the other names of each path, in order, where there are some.
func (t tree) names() map[string][]string {
	byNode := map[*node][]string{}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		byNode[t[name]] = append(byNode[t[name]], name)
	}
	others := map[string][]string{}
	for _, group := range byNode {
		if len(group) > 1 {
			for _, name := range group {
				others[name] = group
			}
		}
	}
	return others
}
