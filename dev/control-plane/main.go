// Control-plane runs a Kubernetes API without nodes on loopback: etcd,
// kube-apiserver and kube-controller-manager, taken from the folder that this
// binary lies in. It prints `ready <kubeconfig>` and stays until its standard
// input ends or it is told to stop; then nothing of it is left, neither a
// process nor a file.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// Ready after about 5 s on an idle machine; a busy one may take far longer.
	bootDeadline = 2 * time.Minute
	// A free port may be taken by somebody else before its component binds it.
	bootAttempts = 3
)

// Everything that is made in the folder, and therefore removed from it.
// The lock goes last: until then nobody else may start here.
var made = []string{
	"etcd", "pki", "tokens.csv", "audit-policy.yaml", "kubeconfig", "audit.log",
	"etcd.log", "kube-apiserver.log", "kube-controller-manager.log", "lock",
}

var errStopped = errors.New("stopped")

// Children are tied to the life of the thread that started them (see
// tieToParent): that has to be the main one, which lives as long as the process,
// and only here it is certain that this is it.
func init() { runtime.LockOSThread() }

func main() {
	dir := flag.String("dir", "", "folder for the kubeconfig, the logs and the data; made and removed as needed")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: control-plane --dir DIR")
		os.Exit(2)
	}
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}

func run(dir string) (err error) {
	stop := stopRequests()
	bin, err := binFolder()
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	release, err := claim(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	plane, err := boot(bin, dir, stop)
	if errors.Is(err, errStopped) {
		return nil
	}
	if err != nil {
		return err
	}
	defer plane.kill()
	fmt.Println("ready", plane.kubeconfig())
	select {
	case <-stop:
		return nil
	case died := <-plane.died:
		return died.failure()
	}
}

// stopRequests yields once standard input has ended or a signal has come.
func stopRequests() <-chan struct{} {
	stop := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	go func() {
		select {
		case <-signals:
		case <-ended:
		}
		close(stop)
	}()
	return stop
}

func binFolder() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	self, err = filepath.EvalSymlinks(self)
	return filepath.Dir(self), err
}

// claim makes the folder ours: it refuses one in use by another control plane
// and clears what a killed one has left. The answer gives it back.
func claim(dir string) (release func() error, err error) {
	_, statErr := os.Stat(dir)
	isNew := errors.Is(statErr, os.ErrNotExist)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s is in use by another control plane", dir)
	}
	if err := remove(dir, made[:len(made)-1]); err != nil {
		lock.Close()
		return nil, err
	}
	return func() error {
		defer lock.Close()
		err := remove(dir, made)
		if isNew {
			// Fails, rightly, when somebody else has put something in.
			_ = os.Remove(dir)
		}
		return err
	}, nil
}

func remove(dir string, names []string) error {
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// boot tries again, on other ports, when somebody was faster in taking one.
func boot(bin, dir string, stop <-chan struct{}) (*plane, error) {
	for attempt := 1; ; attempt++ {
		plane, err := newPlane(bin, dir)
		if err != nil {
			return nil, err
		}
		err = plane.start(stop)
		if err == nil {
			return plane, nil
		}
		plane.kill()
		taken := strings.Contains(err.Error(), "address already in use")
		if !taken || attempt == bootAttempts {
			return nil, err
		}
		if err := remove(dir, made[:len(made)-1]); err != nil {
			return nil, err
		}
	}
}
