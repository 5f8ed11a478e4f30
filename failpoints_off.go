//go:build !failpoints

package main

// failpoints is what the program calls at named points; without the build tag that is nothing.
func failpoints() func(point string) { return nil }
