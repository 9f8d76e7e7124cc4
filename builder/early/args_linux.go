package early

import "syscall"

// Args are the arguments of this program, which package os has not got yet. Those behind the first 4 KiB are left out. There
// are none where the system does not tell.
func Args() []string {
	f, err := syscall.Open("/proc/self/cmdline", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = syscall.Close(f) }()
	buffer := make([]byte, 4<<10)
	n, err := syscall.Read(f, buffer)
	if err != nil {
		return nil
	}
	var args []string
	begin := 0
	for i, b := range buffer[:n] {
		if b == 0 {
			args = append(args, string(buffer[begin:i]))
			begin = i + 1
		}
	}
	return args
}
