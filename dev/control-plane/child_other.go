//go:build !linux

package main

import "syscall"

// tieToParent does nothing where the kernel offers nothing: there a SIGKILL of
// the supervisor leaves its children running.
func tieToParent(attributes *syscall.SysProcAttr) *syscall.SysProcAttr { return attributes }
