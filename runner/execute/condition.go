package execute

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
)

// assertion is the condition of an Assert entry: its operands are resolved as the evaluation comes to them.
type assertion struct {
	condition expr.Condition
	expand    expander
}

// condition decides the step's condition; secret and loop references have no place in it.
func (r *stepRun) condition(ctx context.Context, c *document.Condition) (expr.Result, error) {
	return r.evaluate(ctx, assertion{c.Expr(), r.expander(noIteration)})
}

func (r *stepRun) evaluate(ctx context.Context, a assertion) (expr.Result, error) {
	e := expr.Evaluator{Probe: probe{dir: r.Dir, search: r.Search}, Expand: a.expand}
	return e.Evaluate(ctx, a.condition)
}

// probe answers conditions from the machine's own file system.
type probe struct{ dir, search string }

func (p probe) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, name)
}

func (p probe) Stat(path string) (fs.FileInfo, error)   { return os.Stat(p.path(path)) }
func (p probe) Open(path string) (io.ReadCloser, error) { return os.Open(p.path(path)) }
func (p probe) BinaryExists(name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	if strings.ContainsRune(name, filepath.Separator) {
		return executable(p.path(name))
	}
	for _, dir := range filepath.SplitList(p.search) {
		if dir == "" {
			dir = "."
		}
		ok, err := executable(filepath.Join(p.path(dir), name))
		if ok || err != nil && !errors.Is(err, fs.ErrPermission) {
			return ok, err
		}
	}
	return false, nil
}

func executable(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return false, err
		}
		return false, nil
	}
	return info.Mode().IsRegular() && info.Mode()&0o111 != 0, nil
}
