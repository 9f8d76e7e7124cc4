//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// writeReport writes the table, and below it where the time went and on which machine.
func writeReport(w io.Writer, rows []Row, before, after Machine) {
	fmt.Fprintln(w, "| work | tool | median, s | least to most, s | slipway's time ÷ this | goal | peak memory, MB | files the same |")
	fmt.Fprintln(w, "|---|---|--:|--:|--:|--:|--:|--:|")
	above := "" // the case of the row before, which names the work once
	for _, row := range rows {
		work := row.Case.Title
		if row.Case.Name == above {
			work = ""
		}
		above = row.Case.Name
		fmt.Fprintf(w, "| %s | %s | %s |\n", work, row.Tool, strings.Join(cells(row, rows), " | "))
	}
	fmt.Fprint(w, "\nWhere the time went, in medians of the parts of a cycle:\n\n")
	for _, row := range rows {
		if text := stages(row); text != "" {
			fmt.Fprintf(w, "- %s, %s, %d runs: %s\n", row.Case.Name, row.Tool, len(row.Samples), text)
		}
	}
	fmt.Fprintf(w, "\nBefore: %s\nAfter: load %s\n", before, after.Load)
}

// cells are the columns after the tool.
func cells(row Row, rows []Row) []string {
	if row.Err != nil || len(row.Samples) == 0 {
		reason := "not measured"
		if row.Err != nil {
			reason, _, _ = strings.Cut(row.Err.Error(), "\n")
		}
		return []string{strings.ReplaceAll(reason, "|", `\|`), "", "", "", "", ""}
	}
	walls := wallsOf(row)
	r := ratio(row, rows)
	files := ""
	if row.Entries > 0 {
		files = strconv.Itoa(row.Entries)
	}
	return []string{
		fmt.Sprintf("%.3f", median(walls).Seconds()),
		fmt.Sprintf("%.3f to %.3f", slices.Min(walls).Seconds(), slices.Max(walls).Seconds()),
		ratioText(r), goalText(row.Case.goalFor(row.Tool), r),
		fmt.Sprintf("%.0f", float64(peak(row))/1e6) + memoryGoal(row), files,
	}
}

// ratio compares the first tool of the case, slipway, with row; it is 0 where there is nothing to compare.
func ratio(row Row, rows []Row) float64 {
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Case.Name == row.Case.Name })
	if rows[i].Tool == row.Tool || len(rows[i].Samples) == 0 {
		return 0
	}
	return median(wallsOf(rows[i])).Seconds() / median(wallsOf(row)).Seconds()
}

func ratioText(r float64) string {
	if r == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", r)
}

// goalText tells a goal and whether the ratio, as it is shown, reaches it.
func goalText(goal, ratio float64) string {
	if goal == 0 || ratio == 0 {
		return ""
	}
	return fmt.Sprintf("≤ %.2f%s", goal, reached(math.Round(ratio*100) <= math.Round(goal*100)))
}

func memoryGoal(row Row) string {
	if row.Case.Memory == 0 || !isSlipway(row.Tool) {
		return ""
	}
	return fmt.Sprintf(" (≤ %d%s)", row.Case.Memory/1e6, reached(peak(row) <= row.Case.Memory))
}

func reached(yes bool) string {
	if yes {
		return ""
	}
	return " **no**"
}

func wallsOf(row Row) []time.Duration {
	var walls []time.Duration
	for _, s := range row.Samples {
		walls = append(walls, s.Wall)
	}
	return walls
}

// peak is the highest memory of all runs.
func peak(row Row) int64 {
	var highest int64
	for _, s := range row.Samples {
		highest = max(highest, s.Memory)
	}
	return highest
}

// stages tells the medians of the parts of a cycle that has several, and of what no part counts, which is the start
// and the end of processes.
func stages(row Row) string {
	if len(row.Samples) == 0 || len(row.Samples[0].Stages) < 2 {
		return ""
	}
	var parts []string
	for i, stage := range row.Samples[0].Stages {
		var walls []time.Duration
		for _, s := range row.Samples {
			walls = append(walls, s.Stages[i].Wall)
		}
		parts = append(parts, fmt.Sprintf("%s %d ms", stage.Name, median(walls).Milliseconds()))
	}
	var rest []time.Duration
	for _, s := range row.Samples {
		left := s.Wall
		for _, stage := range s.Stages {
			left -= stage.Wall
		}
		rest = append(rest, left)
	}
	if left := median(rest).Milliseconds(); left > 0 {
		parts = append(parts, fmt.Sprintf("the rest %d ms", left))
	}
	return strings.Join(parts, ", ")
}

// median is the value in the middle, or the mean of the two in the middle.
func median(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
