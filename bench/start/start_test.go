// Package start measures how long the program takes from its start until it is ready, and how much memory it then holds,
// with an empty database and with a large company. It refuses to be a test.
package start

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/bench/world"
)

// BenchmarkReady starts the program on SQLite until /readyz says yes, and stops it as an operator does. It reports the
// median and the slowest start in milliseconds, the median as a multiple of the median run of "standin version" by the
// same binary ("versions"), and the resident memory, at most, of a program that nobody used yet ("MB").
//
// The company has 10,000 people and five times as many delegations, or as STANDIN_BENCH_PEOPLE says.
func BenchmarkReady(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "standin")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/standin").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	people := 10_000
	if text := os.Getenv("STANDIN_BENCH_PEOPLE"); text != "" {
		var err error
		if people, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("empty", func(b *testing.B) { ready(b, binary, b.TempDir()) })
	b.Run("company", func(b *testing.B) {
		dir := b.TempDir()
		file, err := os.Create(filepath.Join(dir, "company.yaml"))
		if err != nil {
			b.Fatal(err)
		}
		if err := (world.Company{People: people, Delegations: 5 * people, Start: time.Now()}).Write(file); err != nil {
			b.Fatal(err)
		}
		if err := file.Close(); err != nil {
			b.Fatal(err)
		}
		apply := exec.Command(binary, "apply", "company.yaml", "--yes")
		apply.Dir = dir
		if out, err := apply.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		ready(b, binary, dir)
	})
}

func ready(b *testing.B, binary, dir string) {
	once(b, binary, dir) // makes the database, where there is none
	var starts, versions []time.Duration
	most := 0
	for b.Loop() {
		begun := time.Now()
		if err := exec.Command(binary, "version").Run(); err != nil {
			b.Fatal(err)
		}
		versions = append(versions, time.Since(begun))
		took, kilobytes := once(b, binary, dir)
		starts, most = append(starts, took), max(most, kilobytes)
	}
	slices.Sort(starts)
	slices.Sort(versions)
	median := starts[len(starts)/2]
	b.ReportMetric(0, "ns/op") // holds stopping, too
	b.ReportMetric(float64(median)/float64(time.Millisecond), "ms/start")
	b.ReportMetric(float64(starts[len(starts)-1])/float64(time.Millisecond), "ms-worst")
	b.ReportMetric(float64(median)/float64(versions[len(versions)/2]), "versions")
	b.ReportMetric(float64(most)/1024, "MB")
}

// once starts the program, waits until it is ready, and stops it. It returns how long it took to be ready, and how many
// kilobytes of memory it then had.
func once(b *testing.B, binary, dir string) (took time.Duration, kilobytes int) {
	b.Helper()
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--log-format", "json")
	cmd.Dir = dir
	talk, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill() })
	address := ""
	lines := bufio.NewScanner(talk)
	for address == "" && lines.Scan() {
		var entry struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			address = entry.URL
		}
	}
	if address == "" {
		b.Fatalf("the server did not start: %v", cmd.Wait())
	}
	for deadline := begun.Add(time.Minute); ; {
		answer, err := http.Get(strings.TrimSuffix(address, "/") + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(deadline) {
			b.Fatalf("the server is not ready after a minute: %v", err)
		}
	}
	took = time.Since(begun)
	if kilobytes, err = resident(cmd.Process.Pid); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("it did not end well: %v", err)
	}
	return took, kilobytes
}

// resident reads from Linux how much memory a process holds.
func resident(pid int) (kilobytes int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}
