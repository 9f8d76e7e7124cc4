package execute

import "sync"

// Processes knows the commands that modules started and wait for. With it a runner that gets orphans as its children
// can tell them apart, and signals reach the running command. The zero value is ready; it is safe for concurrent use.
type Processes struct {
	mu   sync.Mutex
	pids map[int]bool
}

// Start calls start and remembers the process. No orphan is reaped during the call.
func (p *Processes) Start(start func() (pid int, err error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pid, err := start()
	if err != nil {
		return err
	}
	if p.pids == nil {
		p.pids = map[int]bool{}
	}
	p.pids[pid] = true
	return nil
}

// End forgets a process that was waited for.
func (p *Processes) End(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pids, pid)
}

// Running returns the ids of the commands, each the leader of its group.
func (p *Processes) Running() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := make([]int, 0, len(p.pids))
	for pid := range p.pids {
		pids = append(pids, pid)
	}
	return pids
}
