package main

import "syscall"

// tieToParent has the kernel end the child when we die, however that happens.
func tieToParent(attributes *syscall.SysProcAttr) *syscall.SysProcAttr {
	attributes.Pdeathsig = syscall.SIGKILL
	return attributes
}
