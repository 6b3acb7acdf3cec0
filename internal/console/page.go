package console

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Page is one page of the console and, under the same path with .json behind
// it, the same as JSON. The page at / is the front page; its JSON is at
// /index.json.
type Page struct {
	Path  string // "/books"
	Title string
	About string // one sentence above the content
	Load  func(ctx context.Context) (View, error)
}

// View is what a page shows at one moment.
type View struct {
	Facts  []Fact
	Tables []Table
	JSON   any // the same for machines
}

// Fact is a figure that is read at a glance.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	Note  string `json:"note,omitempty"` // a few words below it
	Link  string `json:"link,omitempty"` // where it is explained
	Mark  Mark   `json:"mark,omitempty"`
}

// Table is a heading, columns and rows of text. A column whose name ends with
// a blank holds numbers.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]Cell
	Empty   string // said instead of a table without rows
}

// Cell is text, perhaps a link, perhaps marked.
type Cell struct {
	Text string
	Link string
	Mark Mark
}

// Mark says how a text is to be taken. It changes the look alone: the text must
// say it too.
type Mark string

// Marks. ID is an identifier nobody reads aloud.
const (
	Plain Mark = ""
	Good  Mark = "good"
	Bad   Mark = "bad"
	ID    Mark = "id"
)

// Text makes cells of plain text.
func Text(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}

// Number says that a column holds numbers.
func (t Table) Number(column int) bool {
	return column < len(t.Columns) && strings.HasSuffix(t.Columns[column], " ")
}

// Heading is a column's name as shown.
func (t Table) Heading(column int) string { return strings.TrimSpace(t.Columns[column]) }

// prose is how many characters a cell may have on one line.
const prose = 48

// Class is the look of a row's cell.
func (t Table) Class(column int, c Cell) string {
	class := string(c.Mark)
	switch {
	case t.Number(column):
		class += " number"
	case c.Mark != ID && utf8.RuneCountInString(c.Text) > prose:
		class += " long"
	}
	return strings.TrimSpace(class)
}

// json is where the page's JSON is; a page without a path has none.
func (p Page) json() string {
	switch p.Path {
	case "":
		return ""
	case "/":
		return "/index.json"
	}
	return p.Path + ".json"
}

// pattern is the page's path for a mux, which takes / for every path.
func (p Page) pattern() string {
	if p.Path == "/" {
		return "/{$}"
	}
	return p.Path
}
