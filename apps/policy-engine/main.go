// Evaluates Rego policies for Pratique in a process of its own, driven over a Unix socket; protocol.go has the protocol.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

func main() {
	socket := flag.String("socket", "", "path of the Unix socket to listen on (required)")
	status := flag.String("status", "", "path of the status file in which running evaluations are published")
	memory := flag.Int64("memory-mib", 512, "limit of the data segment in MiB; the process dies when it needs more")
	bundles := flag.Int("bundles", 64, "loaded bundles that are kept; the least recently used one goes first")
	tied := flag.Bool("exit-with-stdin", false, "exit when standard input ends, that is when the parent is gone")
	flag.Parse()
	if err := run(*socket, *status, *memory, *bundles, *tied); err != nil {
		fmt.Fprintln(os.Stderr, "policy-engine:", err)
		os.Exit(1)
	}
}

func run(socket, statusPath string, memoryMiB int64, bundles int, tied bool) error {
	if socket == "" {
		return errors.New("--socket is required")
	}
	if memoryMiB < 64 || bundles < 1 {
		return errors.New("--memory-mib must be at least 64 and --bundles at least 1")
	}
	if err := limitProcess(memoryMiB); err != nil {
		return err
	}
	board, err := openStatusBoard(statusPath)
	if err != nil {
		return err
	}
	syscall.Umask(0o077)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if tied {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	fmt.Println("ready")
	engine := newEngine(board, bundles)
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go engine.serve(connection)
	}
}

// limitProcess bounds memory. RLIMIT_AS does not work for Go, which reserves address space; RLIMIT_DATA does.
// Collecting less often (400 %) makes evaluation a third faster; the soft limit collects harder before the hard one kills.
func limitProcess(memoryMiB int64) error {
	bytes := memoryMiB << 20
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("cannot set RLIMIT_DATA: %w", err)
	}
	none := syscall.Rlimit{}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &none); err != nil {
		return fmt.Errorf("cannot set RLIMIT_CORE: %w", err)
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(bytes / 10 * 8)
	debug.SetMaxStack(64 << 20)
	runtime.GOMAXPROCS(max(2, min(8, runtime.NumCPU())))
	return nil
}
