package console_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// element is an element of a page, as a browser sees it.
type element struct {
	name string
	attr map[string]string
	text string // of it and all below
	kids []*element
}

// parse reads a page. It is stricter than a browser: what is not closed or not
// escaped fails the test.
func parse(t *testing.T, page string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &element{name: "#root"}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, page)
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top.kids = append(top.kids, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
			open[len(open)-1].text += top.text
		case xml.CharData:
			top.text += string(token)
		}
	}
	if len(open) != 1 {
		t.Fatalf("%s is not closed", open[len(open)-1].name)
	}
	return root
}

// all finds elements by a path of names, each perhaps with a class: "dl.facts
// dd" is every dd anywhere below a dl of class facts.
func (e *element) all(path string) []*element {
	first, rest, deeper := strings.Cut(path, " ")
	var found []*element
	for _, k := range e.kids {
		switch {
		case !k.is(first):
			found = append(found, k.all(path)...)
		case deeper:
			found = append(found, k.all(rest)...)
		default:
			found = append(append(found, k), k.all(path)...)
		}
	}
	return found
}

func (e *element) is(selector string) bool {
	name, class, classed := strings.Cut(selector, ".")
	if name != "" && name != e.name {
		return false
	}
	return !classed || strings.Contains(" "+e.attr["class"]+" ", " "+class+" ")
}

// one is the only element of a path.
func (e *element) one(t *testing.T, path string) *element {
	t.Helper()
	found := e.all(path)
	if len(found) != 1 {
		t.Fatalf("%d elements %s", len(found), path)
	}
	return found[0]
}

// texts of the elements of a path.
func (e *element) texts(path string) []string {
	texts := []string{}
	for _, k := range e.all(path) {
		texts = append(texts, strings.Join(strings.Fields(k.text), " "))
	}
	return texts
}
