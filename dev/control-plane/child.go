package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// How much of a log a failure shows: the reason stands in the last lines.
const tailBytes = 4096

// child is a running component in a process group of its own, so that Ctrl-C
// in a terminal reaches only the supervisor.
type child struct {
	name, log string
	command   *exec.Cmd
	exited    chan struct{}
}

func startChild(binary string, flags []string, log string, died chan<- *child) (*child, error) {
	output, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	command := exec.Command(binary, flags...)
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = tieToParent(&syscall.SysProcAttr{Setpgid: true})
	if err := command.Start(); err != nil {
		return nil, err
	}
	started := &child{
		name: filepath.Base(binary), log: log,
		command: command, exited: make(chan struct{}),
	}
	go func() {
		_ = command.Wait()
		close(started.exited)
		died <- started
	}()
	return started, nil
}

func (c *child) kill() {
	select {
	case <-c.exited:
		// Its number may be somebody else's by now.
	default:
		_ = syscall.Kill(-c.command.Process.Pid, syscall.SIGKILL)
		<-c.exited
	}
}

func (c *child) failure() error {
	return fmt.Errorf("%s ended by itself (%s); the end of its log:\n%s", c.name, c.command.ProcessState, c.tail())
}

func (c *child) tail() string {
	content, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	if len(content) > tailBytes {
		content = content[len(content)-tailBytes:]
	}
	return string(bytes.TrimSpace(content))
}
