package expr

import (
	"context"
	"crypto/md5"  //nolint:gosec // the language has an operator for it
	"crypto/sha1" //nolint:gosec // the language has an operator for it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"
	"syscall"
)

// Probe answers what conditions ask about the machine. Relative paths are the probe's to place.
type Probe interface {
	// BinaryExists reports whether name is an executable regular file: in PATH, or that file itself when name holds
	// a separator.
	BinaryExists(name string) (bool, error)
	// Stat follows links; its error wraps fs.ErrNotExist when there is nothing at path.
	Stat(path string) (fs.FileInfo, error)
	// Open opens a file for reading.
	Open(path string) (io.ReadCloser, error)
}

// Evaluator decides conditions.
type Evaluator struct {
	Probe Probe
	// Expand resolves the references of an operand when its turn comes, so that a term behind the deciding one is
	// never resolved. Nil when operands are resolved already.
	Expand func(text string) (string, error)
}

// Result is the outcome of a condition that could be decided.
type Result struct {
	True bool
	// Detail says with resolved operands what decided it, for example `numberLessThan "10" with value "12"`.
	Detail string
}

// Evaluate decides c. Logical operators look at their terms in order and stop at the one that decides. The error says
// why the condition could not be decided, such as an unreadable file.
func (e Evaluator) Evaluate(ctx context.Context, c Condition) (Result, error) {
	if c.Op.Class == Logical {
		return e.logical(ctx, c)
	}
	operand, err := c.Operand.expand(e.Expand)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", c.Op.Name, err)
	}
	companion, err := c.Companion.expand(e.Expand)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", c.Op.Name, err)
	}
	detail := fmt.Sprintf("%s %s", c.Op.Name, short(operand.Text))
	if c.Op.Companion != "" {
		detail += fmt.Sprintf(" with %s %s", c.Op.Companion, short(companion.Text))
	}
	ok, note, err := e.compare(ctx, c.Op, operand, companion)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", detail, err)
	}
	if note != "" {
		detail += " (" + note + ")"
	}
	return Result{True: ok, Detail: detail}, nil
}

func (e Evaluator) logical(ctx context.Context, c Condition) (Result, error) {
	details := make([]string, 0, len(c.Terms))
	for _, t := range c.Terms {
		r, err := e.Evaluate(ctx, t)
		if err != nil {
			return Result{}, err
		}
		switch {
		case c.Op.Name == Not:
			return Result{True: !r.True, Detail: "not (" + r.Detail + ")"}, nil
		case c.Op.Name == And && !r.True, c.Op.Name == Or && r.True:
			return Result{True: r.True, Detail: r.Detail}, nil
		}
		details = append(details, r.Detail)
	}
	return Result{True: c.Op.Name == And, Detail: strings.Join(details, " "+c.Op.Name+" ")}, nil
}

// compare decides a comparison. note is what was found on disk, for the detail.
func (e Evaluator) compare(ctx context.Context, op Operator, operand, companion Operand) (ok bool, note string, err error) {
	switch op.Class {
	case TextTest:
		return op.test(operand.Text), "", nil
	case TextOrder:
		return op.order(strings.Compare(strings.ToLower(companion.Text), strings.ToLower(operand.Text))), "", nil
	case Pattern:
		re, err := compile(operand.Text)
		if err != nil {
			return false, "", err
		}
		return re.MatchString(companion.Text), "", nil
	case NumOrder:
		ok, err := compareNumbers(op, operand, companion)
		return ok, "", err
	case FileTest:
		ok, err := e.onDisk(op.Name, operand.Text)
		return ok, "", err
	case DigestOf:
		return e.digest(ctx, op, operand.Text, companion.Text)
	}
	return false, "", fmt.Errorf("unknown operator %q", op.Name)
}

// compareNumbers compares value with the baseline. What is no number makes the comparison false, except for a literal
// baseline, which is a mistake in the document.
func compareNumbers(op Operator, baseline, value Operand) (bool, error) {
	b, err := parseNumber(baseline)
	if err != nil {
		if errors.Is(err, errNotNumber) && baseline.FromRef {
			return false, nil
		}
		return false, err
	}
	v, err := parseNumber(value)
	if errors.Is(err, errNotNumber) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return op.order(v.Cmp(b)), nil
}

func (e Evaluator) onDisk(op, path string) (bool, error) {
	if op == binaryExists {
		return e.Probe.BinaryExists(path)
	}
	info, err := e.Probe.Stat(path)
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.IsDir() == (op == folderExists), nil
}

// digest compares the digest of a file. No file and a folder are false, an unreadable file is an error.
func (e Evaluator) digest(ctx context.Context, op Operator, want, path string) (ok bool, note string, err error) {
	if err := op.checkDigest(want); err != nil {
		return false, "", err
	}
	info, err := e.Probe.Stat(path)
	if isMissing(err) {
		return false, "no such file", nil
	}
	if err != nil {
		return false, "", err
	}
	if info.IsDir() {
		return false, "a folder", nil
	}
	f, err := e.Probe.Open(path)
	if err != nil {
		return false, "", err
	}
	defer f.Close()
	h := newHash(op.HexDigits)
	if _, err := io.Copy(h, contextReader{ctx, f}); err != nil {
		return false, "", err
	}
	got := hex.EncodeToString(h.Sum(nil))
	if strings.EqualFold(got, want) {
		return true, "", nil
	}
	return false, "the digest is " + got, nil
}

func newHash(hexDigits int) hash.Hash {
	switch hexDigits {
	case 2 * md5.Size:
		return md5.New() //nolint:gosec // see the import
	case 2 * sha1.Size:
		return sha1.New() //nolint:gosec // see the import
	case 2 * sha256.Size:
		return sha256.New()
	}
	return sha512.New()
}

// isMissing reports whether there is nothing at a path; a file in the place of a folder on the way is that too.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// contextReader ends reading when its context does.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// short quotes s for a message and leaves out what would make it too long to read.
func short(s string) string {
	const limit = 200
	if r := []rune(s); len(r) > limit {
		return fmt.Sprintf("%q...", string(r[:limit]))
	}
	return fmt.Sprintf("%q", s)
}
