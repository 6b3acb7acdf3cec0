package jwosim

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // what browsers upload
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const (
	maxPicture = 16 << 20 // bytes of an upload
	maxPixels  = 25_000_000
)

// managePicture reads the QR code on a picture, for browsers that cannot. The
// body is the file itself.
func (s *Sim) managePicture(r *http.Request) (any, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("picture: %w (at most %d MB)", err, maxPicture>>20)
	}
	text, err := readPicture(data)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return struct {
		Text string `json:"text"`
	}{text}, nil
}

// readPicture finds a QR code on a PNG, JPEG or GIF.
func readPicture(data []byte) (text string, err error) {
	if len(data) == 0 {
		return "", errors.New("the body is empty: send a PNG, JPEG or GIF file")
	}
	// Sizes first: a small file may unfold to gigabytes.
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("not a PNG, JPEG or GIF file: %w", err)
	}
	if size.Width < 1 || size.Height < 1 {
		return "", errNoCode
	}
	if int64(size.Width)*int64(size.Height) > maxPixels {
		return "", fmt.Errorf("%d by %d pixels are more than %d million: make it smaller", size.Width, size.Height, maxPixels/1_000_000)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("damaged file: %w", err)
	}
	defer func() {
		if p := recover(); p != nil { // pictures come from anywhere, and the decoder indexes what it believes to see
			text, err = "", errNoCode
		}
	}()
	for _, size := range []int{1200, 1000, 800, 600} {
		source := gozxing.NewLuminanceSourceFromImage(shrunk(img, size))
		if text := codeIn(source); text != "" {
			return text, nil
		}
		if text := codeIn(source.Invert()); size == 1200 && text != "" { // an app in dark mode
			return text, nil
		}
	}
	return "", errNoCode
}

// codeIn looks for a code that fills a clean picture, as a file made by a
// program does, and for one somewhere on a photo.
func codeIn(source gozxing.LuminanceSource) string {
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		for _, way := range []gozxing.DecodeHintType{gozxing.DecodeHintType_PURE_BARCODE, gozxing.DecodeHintType_TRY_HARDER} {
			found, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
				way: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
			})
			if err == nil && found.GetText() != "" {
				return found.GetText()
			}
		}
	}
	return ""
}

// shrunk leaves out pixels until the longer side is at most so many. A code
// needs few, and where the decoder takes something else for a mark of the
// code's corners, which happens with one photo of a hundred, another size
// misleads it in another way.
func shrunk(img image.Image, side int) image.Image {
	b := img.Bounds()
	longest := max(b.Dx(), b.Dy())
	if side >= 1200 && longest <= side {
		return img
	}
	// A small picture shrinks in proportion.
	side = max(1, min(side, longest*side/1200))
	out := image.NewGray(image.Rect(0, 0, max(1, b.Dx()*side/longest), max(1, b.Dy()*side/longest)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(b.Min.X+x*longest/side, b.Min.Y+y*longest/side))
		}
	}
	return out
}

var errNoCode = errors.New("no QR code can be read on it: take it straight on, sharp and with the white rim")
