// Command render turns what tests told (internal/testkit, Tell) into
// docs/reliability.md. It is called by bench/reliability:
//
//	go run ./bench/render DIR <preface >docs/reliability.md
//
// It copies standard input and then writes one table from the *.jsonl files of
// the folder. It fails when the folder has none or when anything was lost.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// row is one line of the table: the fields of testkit.Tried.
type row struct {
	Command, Fault, Where, On string
	Times, Lost               int
}

func main() {
	lost, err := render(os.Args[1:], os.Stdin, os.Stdout)
	if err == nil && lost > 0 {
		err = fmt.Errorf("%d were lost", lost)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func render(args []string, preface io.Reader, to io.Writer) (lost int, err error) {
	if len(args) != 1 {
		return 0, fmt.Errorf("usage: render DIR <preface")
	}
	rows, err := read(args[0])
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(to)
	if _, err := io.Copy(out, preface); err != nil {
		return 0, err
	}
	times, was := 0, ""
	for _, r := range rows {
		times, lost = times+r.Times, lost+r.Lost
		if r.Command != was {
			was = r.Command
			fmt.Fprintf(out, "\n    %s\n\n| Fault | Where | Database | Tried | Lost |\n|---|---|---|---:|---:|\n", r.Command)
		}
		fmt.Fprintf(out, "| %s | %s | %s | %d | %d |\n", cell(r.Fault), cell(r.Where), cell(r.On), r.Times, r.Lost)
	}
	fmt.Fprintf(out, "\nIn all %d faults were tried; lost, doubled or different afterwards: %d.\n", times, lost)
	return lost, out.Flush()
}

// read sums the lines of a folder's files, in the order of their commands.
func read(dir string) ([]row, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no *.jsonl: no test told anything", dir)
	}
	sums := map[row]*row{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			var r row
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
			key := r
			key.Times, key.Lost = 0, 0
			if sums[key] == nil {
				sum := key
				sums[key] = &sum
			}
			sums[key].Times += r.Times
			sums[key].Lost += r.Lost
		}
	}
	var rows []row
	for _, r := range sums {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.Command, b.Command), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.On, b.On))
	})
	return rows, nil
}

// cell keeps a bar from ending the cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
