//go:build tools

// What is built from this module: Kueue's own controller, as it is.
package tools

import _ "sigs.k8s.io/kueue/cmd/kueue"
