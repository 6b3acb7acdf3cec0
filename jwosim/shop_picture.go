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
	source := gozxing.NewLuminanceSourceFromImage(img)
	for _, src := range []gozxing.LuminanceSource{source, source.Invert()} {
		for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(src), gozxing.NewGlobalHistgramBinarizer(src)} {
			bitmap, err := gozxing.NewBinaryBitmap(binarizer)
			if err != nil {
				return "", err
			}
			found, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
				gozxing.DecodeHintType_TRY_HARDER: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
			})
			if err == nil && found.GetText() != "" {
				return found.GetText(), nil
			}
		}
	}
	return "", errNoCode
}

var errNoCode = errors.New("no QR code can be read on it: take it straight on, sharp and with the white rim")
