//go:build unix

// Server serves the files of a folder over HTTP. It is the program of an image without a shell or a C library.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inherited is the number of the file descriptor by which a server in the background gets its listener.
const inherited = 3

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(out)
	listen := flags.String("listen", ":8080", "`ADDRESS` to listen on")
	root := flags.String("root", ".", "`FOLDER` to serve")
	background := flags.Bool("background", false, "listen, then go on in the background")
	child := flags.Bool("inherit", false, "serve the listener that file descriptor 3 is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *child {
		listener, err := net.FileListener(os.NewFile(inherited, "listener"))
		if err != nil {
			return err
		}
		return serve(ctx, listener, *root)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening on", listener.Addr())
	if *background {
		return detach(listener, *root)
	}
	return serve(ctx, listener, *root)
}

// serve answers requests until ctx ends, then finishes those under way.
func serve(ctx context.Context, listener net.Listener, root string) error {
	server := &http.Server{Handler: http.FileServer(http.Dir(root)), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

// detach hands the listener to a process of its own session. Requests that come before it is ready wait in the
// listener's queue.
func detach(listener net.Listener, root string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	server := exec.Command(self, "-inherit", "-root", root) //nolint:noctx // it outlives this process
	server.ExtraFiles = []*os.File{file}
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return server.Start()
}
