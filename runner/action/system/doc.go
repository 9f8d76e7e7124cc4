// Package system holds the action modules that concern the system as a whole: conditions, reboots, updates, installers
// and the registry.
package system

const family = "system"
