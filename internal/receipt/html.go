package receipt

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed receipt.html
var page string

var tmpl = template.Must(template.New("receipt").Parse(page))

// HTML is the receipt as an article element, without scripts or styles of its
// own: the page around it brings the style.
func (r Receipt) HTML() (template.HTML, error) {
	var b strings.Builder
	if err := tmpl.Execute(&b, r.View()); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}
