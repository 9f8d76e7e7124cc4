package document_test

import (
	"testing"
	"time"
)

var started = time.Now()

// processorTime stands for what Windows tells in another way: the time that passed.
func processorTime(testing.TB) time.Duration { return time.Since(started) }
