//go:build unix && !linux

package crash

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
