package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// The status file names what each worker evaluates, so that the parent can name the culprit after it had to kill this
// process. One slot of 512 bytes per worker, little-endian: start in ns of CLOCK_MONOTONIC (0 when idle), request id,
// length of the name, name. A mapped file costs a memory copy per constraint and outlives SIGKILL.
const slotSize = 512

type statusBoard struct{ memory []byte }

func openStatusBoard(path string) (*statusBoard, error) {
	if path == "" {
		return &statusBoard{memory: make([]byte, workers*slotSize)}, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := file.Truncate(workers * slotSize); err != nil {
		return nil, err
	}
	memory, err := syscall.Mmap(int(file.Fd()), 0, workers*slotSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot map the status file %s", path), err)
	}
	return &statusBoard{memory: memory}, nil
}

func (b *statusBoard) publish(slot int, id uint64, name string) {
	cell := b.memory[slot*slotSize : (slot+1)*slotSize]
	length := copy(cell[24:], name)
	binary.LittleEndian.PutUint64(cell[8:], id)
	binary.LittleEndian.PutUint64(cell[16:], uint64(length))
	b.start(slot).Store(monotonic())
}

// rename changes what a busy slot is at, without starting its clock anew.
func (b *statusBoard) rename(slot int, name string) {
	cell := b.memory[slot*slotSize : (slot+1)*slotSize]
	length := copy(cell[24:], name)
	binary.LittleEndian.PutUint64(cell[16:], uint64(length))
}

func (b *statusBoard) clear(slot int) { b.start(slot).Store(0) }

func (b *statusBoard) start(slot int) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Pointer(&b.memory[slot*slotSize]))
}

// monotonic reads the clock that the parent's process.hrtime reads too.
func monotonic() uint64 {
	const clockMonotonic = 1
	var now syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return uint64(now.Nano())
}
