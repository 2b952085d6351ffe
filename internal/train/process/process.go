// Package process runs a command of the user's with all that it starts, and ends all of it: nothing that a training leaves
// behind outlives its step. It also says which variables such a command never sees. It knows no training.
package process

import "strings"

// secrets are the variables that the command never sees: the action's inputs, tokens, what reaches the runner's services,
// and the files through which steps give the runner commands.
var secrets = struct{ prefixes, suffixes, names []string }{
	prefixes: []string{"INPUT_", "ACTIONS_", "GIT_CONFIG_", "ASSAY_"},
	suffixes: []string{"_TOKEN", "_SECRET", "_PASSWORD"},
	names: []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH",
		"RUNNER_TEMP", "DOCKER_HOST", "SSH_AUTH_SOCK"},
}

// IsSecret tells whether a variable is kept from a command.
func IsSecret(name string) bool {
	for _, prefix := range secrets.prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, suffix := range secrets.suffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	for _, known := range secrets.names {
		if name == known {
			return true
		}
	}
	return false
}
