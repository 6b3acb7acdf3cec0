package qrcode_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"rsc.io/qr"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/qrcode"
)

// text has the length of a scan code with a custom part.
var text = "STROLL1" + strings.Repeat("0a", 16) + "1767225600" + "AB12"

func modules(t *testing.T) (*qr.Code, int) {
	t.Helper()
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	return c, c.Size + 8
}

func TestPNGHasEveryModuleAndAQuietZone(t *testing.T) {
	t.Parallel()
	c, size := modules(t)
	data, err := qrcode.PNG(text, 3)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 3*size || b.Dy() != 3*size {
		t.Fatalf("%d × %d pixels, want %d", b.Dx(), b.Dy(), 3*size)
	}
	for y := range size {
		for x := range size {
			r, _, _, _ := img.At(3*x+1, 3*y+1).RGBA()
			inside := x >= 4 && y >= 4 && x < size-4 && y < size-4
			if want := inside && c.Black(x-4, y-4); (r == 0) != want {
				t.Fatalf("module %d,%d: black %v, want %v", x, y, r == 0, want)
			}
		}
	}
}

func TestTerminalIsSquareInHalfBlocks(t *testing.T) {
	t.Parallel()
	c, size := modules(t)
	out, err := qrcode.Terminal(text)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != (size+1)/2 {
		t.Fatalf("%d lines, want %d", len(lines), (size+1)/2)
	}
	dark := 0
	for i, line := range lines {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m")
		if n := utf8.RuneCountInString(line); n != size {
			t.Fatalf("line %d: %d columns, want %d", i, n, size)
		}
		dark += 2*strings.Count(line, "█") + strings.Count(line, "▀") + strings.Count(line, "▄")
	}
	if want := count(c); dark != want {
		t.Errorf("%d dark modules, want %d", dark, want)
	}
}

func TestSVGIsOneDrawingThatScales(t *testing.T) {
	t.Parallel()
	c, size := modules(t)
	data, err := qrcode.SVG(text)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		ViewBox string `xml:"viewBox,attr"`
		Width   string `xml:"width,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var w, h int
	if _, err := fmt.Sscanf(doc.ViewBox, "0 0 %d %d", &w, &h); err != nil || w != size || h != size || doc.Width != "" {
		t.Errorf("viewBox %q width %q, want a square of %d and no width", doc.ViewBox, doc.Width, size)
	}
	dark := 0
	for _, run := range strings.Split(doc.Paths[1].D, "h-")[1:] {
		n := 0
		for _, r := range run[:strings.IndexByte(run, 'z')] {
			n = 10*n + int(r-'0')
		}
		dark += n
	}
	if want := count(c); dark != want {
		t.Errorf("%d dark modules, want %d", dark, want)
	}
}

func TestTextThatNoCodeHoldsIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", strings.Repeat("a", 5000)} {
		if _, err := qrcode.SVG(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("SVG of %d characters: %v", len(s), err)
		}
		if _, err := qrcode.Terminal(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("Terminal of %d characters: %v", len(s), err)
		}
	}
	for _, scale := range []int{0, -1, 65} {
		if _, err := qrcode.PNG("a", scale); !errors.Is(err, fault.Invalid) {
			t.Errorf("scale %d: %v", scale, err)
		}
	}
}

func count(c *qr.Code) int {
	n := 0
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				n++
			}
		}
	}
	return n
}
