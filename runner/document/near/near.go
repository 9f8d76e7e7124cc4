// Package near finds the word that a misspelt one was probably meant to be, for the "did you mean" of messages.
package near

import "strings"

// Word returns the known word nearest to word, and false when none is near enough to be worth naming. Letter case
// counts less than any other difference. Among equally near words the first one wins.
func Word(word string, known []string) (string, bool) {
	lower := []rune(strings.ToLower(word))
	best, bestDistance := "", limit(len(lower))+1
	for _, k := range known {
		if k == word {
			continue
		}
		candidate := []rune(strings.ToLower(k))
		if d := len(candidate) - len(lower); d >= bestDistance || -d >= bestDistance {
			continue
		}
		if d := distance(lower, candidate, bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best, best != ""
}

// Hint returns "did you mean ...?" for the nearest known word, or "" when there is none.
func Hint(word string, known []string) string {
	if w, ok := Word(word, known); ok {
		return `did you mean "` + w + `"?`
	}
	return ""
}

// limit is how many typing mistakes a word of this length may have: about one for each four letters.
func limit(length int) int {
	switch {
	case length <= 1:
		return 0 // every other letter would be as near
	case length <= 4:
		return 1
	case length <= 8:
		return 2
	case length <= 40:
		return 3
	}
	// Words this long are not typed by hand, and comparing them costs time.
	return 0
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that make b of a. It may stop
// and return bound when there are at least as many.
func distance(a, b []rune, bound int) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			current[j] = d
			least = min(least, d)
		}
		if least > bound {
			return bound
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
