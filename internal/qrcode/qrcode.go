package qrcode

import (
	"bytes"
	"fmt"
	"strings"

	"rsc.io/qr"

	"github.com/strollhq/stroll/internal/fault"
)

// quiet is the empty border in modules that the QR standard asks for.
const quiet = 4

// maxScale keeps a PNG below a few thousand pixels.
const maxScale = 64

// encode makes the code with 15 % redundancy, enough for a clean screen and
// little enough to keep modules large. Text that no code can hold is
// fault.Invalid.
func encode(text string) (*qr.Code, error) {
	if text == "" {
		return nil, fault.New(fault.Invalid, "draw QR code: no text")
	}
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fault.New(fault.Invalid, "draw QR code of %d characters: %w", len(text), err)
	}
	return c, nil
}

// black is the module at x, y, counted from the outer edge of the quiet zone.
func black(c *qr.Code, x, y int) bool {
	x, y = x-quiet, y-quiet
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.Black(x, y)
}

// Terminal is the code in half blocks, two rows of modules to a line of text,
// with colours set so that it scans on dark and light terminals alike. It ends
// with a line break.
func Terminal(text string) (string, error) {
	c, err := encode(text)
	if err != nil {
		return "", err
	}
	size := c.Size + 2*quiet
	var b strings.Builder
	for y := 0; y < size; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := range size {
			switch top, bottom := black(c, x, y), black(c, x, y+1); {
			case top && bottom:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case bottom:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}

// PNG is the code as an image, scale pixels to a module, from 1 to 64.
func PNG(text string, scale int) ([]byte, error) {
	if scale < 1 || scale > maxScale {
		return nil, fault.New(fault.Invalid, "draw QR code: scale %d is not between 1 and %d", scale, maxScale)
	}
	c, err := encode(text)
	if err != nil {
		return nil, err
	}
	c.Scale = scale
	return c.PNG(), nil
}

// SVG is the code as a standalone drawing without a size of its own: it fills
// the place it is given.
func SVG(text string) ([]byte, error) {
	c, err := encode(text)
	if err != nil {
		return nil, err
	}
	size := c.Size + 2*quiet
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img">`, size, size)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, size, size)
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for black(c, x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes(), nil
}
