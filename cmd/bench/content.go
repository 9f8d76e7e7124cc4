//go:build linux

package main

import "fmt"

// randomFile is a command that writes a file of so many bytes which cannot be compressed, the same for every tool in a
// run and another one in the next: a stream cipher, keyed with the value of the run.
func randomFile(size int64) string {
	return fmt.Sprintf("openssl enc -aes-128-ctr -nosalt -pbkdf2 -iter 1 -pass pass:%s -in /dev/zero 2>/dev/null | head -c %d > /srv/bench/random", Run, size)
}

// manyFiles is a command that writes so many small files, a thousand in a folder, without a process for each.
func manyFiles(count int) string {
	return fmt.Sprintf(`perl -e 'for my $i (0 .. %d) { my $d = sprintf("/srv/bench/%%03d", $i / 1000); mkdir $d; `+
		`open(my $f, ">", "$d/$i") or die; print $f "file $i of $ARGV[0]\n" x (1 + $i %% 8); close $f }' %s`, count-1, Run)
}
