package jwosim_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"

	"github.com/strollhq/stroll/jwosim"
)

const codeText = "PFX1:eyJhbGciOiJIUzI1NiJ9.Zm9vYmFy~ünïcode"

// photo is a QR code as somebody's camera sees it.
func photo(t *testing.T, text string, zoom, rim int, ink, paper color.Color) image.Image {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	side := code.Size*zoom + 2*rim
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			c := paper
			if x >= rim && y >= rim && code.Black((x-rim)/zoom, (y-rim)/zoom) {
				c = ink
			}
			img.Set(x, y, c)
		}
	}
	return img
}

func turned(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(b.Dy()-1-y, x, img.At(x, y))
		}
	}
	return out
}

func encoded(t *testing.T, f func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestShop_picture(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, nil))
	plain := photo(t, codeText, 6, 40, color.Black, color.White)
	dim := photo(t, codeText, 7, 60, color.RGBA{90, 40, 40, 255}, color.RGBA{170, 160, 120, 255})
	dark := photo(t, codeText, 6, 40, color.White, color.Black)
	for name, file := range map[string]string{
		"png":       encoded(t, func(w io.Writer) error { return png.Encode(w, plain) }),
		"gif":       encoded(t, func(w io.Writer) error { return gif.Encode(w, plain, nil) }),
		"bad light": encoded(t, func(w io.Writer) error { return jpeg.Encode(w, dim, &jpeg.Options{Quality: 40}) }),
		"turned":    encoded(t, func(w io.Writer) error { return jpeg.Encode(w, turned(plain), nil) }),
		"dark mode": encoded(t, func(w io.Writer) error { return png.Encode(w, dark) }),
	} {
		var got struct{ Text string }
		p.do("POST", "/gate/picture", file, 200, &got)
		if got.Text != codeText {
			t.Errorf("%s: %q", name, got.Text)
		}
	}
	whole := encoded(t, func(w io.Writer) error { return png.Encode(w, plain) })
	for want, file := range map[string]string{
		"body is empty":          "",
		"not a PNG, JPEG or GIF": "GIF87 or not",
		"damaged file":           whole[:len(whole)/2],
		"no QR code":             encoded(t, func(w io.Writer) error { return png.Encode(w, image.NewGray(image.Rect(0, 0, 200, 200))) }),
		"more than 25 million":   encoded(t, func(w io.Writer) error { return png.Encode(w, image.NewGray(image.Rect(0, 0, 6000, 5000))) }),
		"request body too large": strings.Repeat("x", 16<<20+1),
	} {
		if answer := p.do("POST", "/gate/picture", file, 400, nil); !strings.Contains(answer, want) {
			t.Errorf("%s, want %q", answer, want)
		}
	}
}

// One clean code of a hundred holds something that looks like the mark of a
// corner; these do.
func TestShop_picture_misleading(t *testing.T) {
	t.Parallel()
	p := manage(t, newWorld(t, nil))
	for _, n := range []int{132, 206, 290, 490, 874} {
		text := fmt.Sprintf("STROLL%x", sha256.Sum256([]byte(strconv.Itoa(n))))
		code, err := qr.Encode(text, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Text string }
		p.do("POST", "/gate/picture", string(code.PNG()), 200, &got)
		if got.Text != text {
			t.Errorf("%d: %q", n, got.Text)
		}
	}
}

func FuzzPicture(f *testing.F) {
	sim, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "s"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("\x89PNG\r\n\x1a\n"), 9)
	f.Fuzz(func(t *testing.T, noise []byte, width int) {
		if width < 1 || width > 400 || len(noise) > 400*400 {
			return
		}
		img := image.NewGray(image.Rect(0, 0, width, len(noise)/width+1))
		copy(img.Pix, noise)
		req, err := http.NewRequest("POST", "http://sim/gate/picture", strings.NewReader(encoded(t, func(w io.Writer) error { return png.Encode(w, img) })))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := direct(sim.Management()).Do(req)
		if err != nil || resp.StatusCode != 200 && resp.StatusCode != 400 {
			t.Errorf("%v, %v", resp, err)
		}
	})
}
