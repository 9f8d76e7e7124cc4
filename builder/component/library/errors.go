package library

import (
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/runner/document"
)

// Code says what kind of refusal an error is, in the words of the EC2 Image Builder API.
type Code string

// The codes.
const (
	InvalidRequest              Code = "InvalidRequestException"
	InvalidParameter            Code = "InvalidParameterException" // of tags
	InvalidParameterValue       Code = "InvalidParameterValueException"
	InvalidParameterCombination Code = "InvalidParameterCombinationException"
	InvalidVersionNumber        Code = "InvalidVersionNumberException"
	InvalidPaginationToken      Code = "InvalidPaginationTokenException"
	AlreadyExists               Code = "ResourceAlreadyExistsException"
	HasDependants               Code = "ResourceDependencyException"
	NotFound                    Code = "ResourceNotFoundException"
	DryRun                      Code = "DryRunOperationException" // everything is right, and nothing was done
	ClientFault                 Code = "ClientException"
	QuotaExceeded               Code = "ServiceQuotaExceededException"
)

// Error is a refusal: nothing was changed.
type Error struct {
	Code    Code
	Message string
	Advice  string // how to mend it, "" when the message says it all
	Err     error  // the cause, may be nil
}

func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Message
	case e.Message == "":
		return e.Err.Error()
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint gives the advice.
func (e *Error) Hint() string { return e.Advice }

// CodeOf gives the code of a refusal: of the first one when several were joined. It is "" for an error that is no
// refusal, such as a fault of the storage.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if errors.Is(err, component.ErrNotFound) {
		return NotFound
	}
	if _, ok := errors.AsType[*document.ProblemError](err); ok {
		return InvalidRequest
	}
	if _, ok := errors.AsType[*component.ReferenceError](err); ok {
		return InvalidRequest
	}
	return ""
}

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) advise(format string, args ...any) *Error {
	e.Advice = fmt.Sprintf(format, args...)
	return e
}
