// Package examples is the folder of recipes that work, each with its README. Its tests read all of them.
package examples
